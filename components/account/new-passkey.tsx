'use client';

import { startRegistration } from '@simplewebauthn/browser';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedOrSignInAgain } from '@/components/vocabulary/sign-in-again.tsx';

/** A name to know it by, then what the browser asks. */
export function NewPasskey({ onMade, onCancel }: { onMade: () => void; onCancel: () => void }) {
  const trpc = useTRPC();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const begin = useMutation(trpc.account.beginPasskey.mutationOptions());
  const add = useMutation(trpc.account.addPasskey.mutationOptions({ onSuccess: onMade }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    add.reset();
    const begun = await begin.mutateAsync().catch(() => null);
    if (begun === null) return;
    try {
      const answer = await startRegistration({ optionsJSON: begun.options });
      add.mutate({ step: begun.step, name, answer });
    } catch (error) {
      setProblem(whyNot(error));
    }
  };
  return (
    <form
      onSubmit={submit}
      aria-label="New passkey"
      className="flex max-w-3xl flex-col gap-4 rounded-lg border border-line bg-surface p-4"
    >
      <TextField
        label="Name"
        value={name}
        required
        maxLength={100}
        autoComplete="off"
        // Opened by a press of a button, this is what the press was for.
        autoFocus
        onChange={(event) => setName(event.target.value)}
        hint="Which device it is: you know it by this when it is lost."
      />
      <Refused error={problem === null ? null : { message: problem }} />
      <RefusedOrSignInAgain error={begin.error ?? add.error} back="/account" />
      <div className="flex flex-wrap items-start gap-2">
        <Button type="submit" variant="primary" pending={begin.isPending || add.isPending}>
          Make the passkey
        </Button>
        <Button variant="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** The browser tells by design little more than the name of what went wrong. */
function whyNot(error: unknown): string {
  if (error instanceof Error && error.name === 'InvalidStateError')
    return 'This device holds a passkey of yours for Reprise already.';
  return 'No passkey was made: the device can’t, could not see that it is you, or it was broken off.';
}
