import { type ReactNode, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';

type ReasonFormProps = {
  /** On the button. */
  act: string;
  variant?: 'primary' | 'danger';
  /** Why it can't be done, whatever the reason; null: it can. */
  blocked: string | null;
  pending: boolean;
  /** What was answered where it was refused, under this title; null: it was not. */
  error: string | null;
  refused: string;
  /** Fields above the reason, and on both sides of it. */
  above?: ReactNode;
  before?: ReactNode;
  after?: ReactNode;
  /** Between the fields and the buttons. */
  shown?: ReactNode;
  /** A button before that of the act. */
  first?: ReactNode;
  onAct: (reason: string) => void;
};

/** An act of an operator that has a reason, which stays on record. */
export function ReasonForm({ act, variant = 'primary', blocked, pending, error, ...parts }: ReasonFormProps) {
  const [reason, setReason] = useState('');
  return (
    <form onSubmit={(event) => event.preventDefault()} className="flex max-w-4xl flex-col gap-3">
      {parts.above}
      <div className="flex flex-wrap items-end gap-2">
        {parts.before}
        <TextField
          label="Reason"
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.target.value)}
          className="min-w-60 flex-1"
        />
        {parts.after}
      </div>
      {parts.shown}
      {error === null ? null : <RefusedAct title={parts.refused} message={error} />}
      <div className="flex flex-wrap items-start gap-2">
        {parts.first}
        <Button
          variant={variant}
          pending={pending}
          disabledReason={blocked ?? (reason.trim() === '' ? 'Give a reason first.' : null)}
          reasonPlacement="below"
          onClick={() => parts.onAct(reason)}
        >
          {act}
        </Button>
      </div>
    </form>
  );
}
