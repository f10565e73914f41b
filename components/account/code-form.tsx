'use client';

import { type ComponentProps, type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { refusalWords } from '@/components/ui/refused.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedOrSignInAgain } from '@/components/vocabulary/sign-in-again.tsx';

export type CodeFormProps = {
  name: string;
  hint: string;
  submit: string;
  pending: boolean;
  error: ComponentProps<typeof RefusedOrSignInAgain>['error'];
  onSubmit: (code: string) => void;
  onCancel: () => void;
};

/** One code, and what is wrong with it. */
export function CodeForm({ name, hint, submit, pending, error, onSubmit, onCancel }: CodeFormProps) {
  const [code, setCode] = useState('');
  const isOfCode = error?.data?.reprise?.code === 'input-invalid';
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(code);
  };
  return (
    <form onSubmit={send} aria-label={name} className="flex max-w-sm flex-col gap-3">
      <TextField
        label="Code"
        name="code"
        mono
        autoComplete="one-time-code"
        required
        maxLength={100}
        // Opened by a press of a button, this is what the press was for.
        autoFocus
        value={code}
        onChange={(event) => setCode(event.target.value)}
        hint={hint}
        error={isOfCode && error !== null ? refusalWords(error.message) : null}
      />
      <RefusedOrSignInAgain error={isOfCode ? null : error} back="/account" />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={pending}>
          {submit}
        </Button>
        <Button variant="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
