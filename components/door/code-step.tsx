'use client';

import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { giveCode } from './sign-in.ts';

export type CodeStepProps = {
  onIn: () => void;
  /** Back to the beginning, with why where it was not wished. */
  onStartAgain: (why: string | null) => void;
};

/** The second step: the first is remembered by this browser, for five minutes. */
export function CodeStep({ onIn, onStartAgain }: CodeStepProps) {
  const [code, setCode] = useState('');
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setPending(true);
    setProblem(null);
    const answer = await giveCode(code);
    if (answer.kind === 'in') return onIn();
    if (answer.kind === 'start') return onStartAgain(answer.sentence);
    setPending(false);
    setProblem(answer.kind === 'refused' ? answer.sentence : null);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label="Second factor">
      <TextField
        label="Code"
        name="code"
        mono
        autoComplete="one-time-code"
        required
        maxLength={100}
        // The step before has taken its answer: here is where the next one goes.
        autoFocus
        value={code}
        onChange={(event) => setCode(event.target.value)}
        hint="Six digits from your authenticator app, or one of your recovery codes."
        error={problem}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={pending}>
          Sign in
        </Button>
        <Button variant="quiet" onClick={() => onStartAgain(null)}>
          Start again
        </Button>
      </div>
      <p className="text-sm text-muted">
        Lost both? Whoever administers Reprise here can take the second factor away.
      </p>
    </form>
  );
}
