'use client';

import { type ReactNode, useId, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { RefusedAct } from './refused-act.tsx';

type Verdict = 'approved' | 'rejected';

export type DecideFormProps = {
  /** What is decided about, with its hash. */
  title: ReactNode;
  /** On the button: `Approve this plan`. */
  approve: string;
  hint: string;
  /** Why this reader can't decide; null where they can. */
  whyNot: string | null;
  pending: Verdict | null;
  error: string | null;
  onDecide: (verdict: Verdict, reason: string) => void;
};

/** The decision itself, for whoever may make it. */
export function DecideForm({ title, approve, hint, whyNot, pending, error, onDecide }: DecideFormProps) {
  const [reason, setReason] = useState('');
  const id = useId();
  if (whyNot !== null)
    return (
      <Notice tone="unknown" title="You can’t decide about this one.">
        {whyNot}
      </Notice>
    );
  const isMissing = reason.trim() === '';
  return (
    <form
      aria-labelledby={id}
      onSubmit={(event) => event.preventDefault()}
      className="flex max-w-2xl flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <h3 id={id} className="font-semibold">
        {title}
      </h3>
      <TextArea
        label="Reason"
        value={reason}
        maxLength={2000}
        onChange={(event) => setReason(event.target.value)}
        hint={hint}
      />
      {error === null ? null : <RefusedAct title="Nothing was decided." message={error} />}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          variant="primary"
          pending={pending === 'approved'}
          disabledReason={isMissing ? 'Give a reason first.' : null}
          onClick={() => onDecide('approved', reason)}
        >
          {approve}
        </Button>
        <Button
          variant="danger"
          pending={pending === 'rejected'}
          disabledReason={isMissing ? 'A rejection has one too.' : null}
          onClick={() => onDecide('rejected', reason)}
        >
          Reject
        </Button>
      </div>
    </form>
  );
}
