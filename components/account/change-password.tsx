'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { notify } from '@/components/ui/notify.ts';
import { Refused, refusalWords } from '@/components/ui/refused.tsx';
import { Section } from '@/components/ui/section.tsx';
import { TextField } from '@/components/ui/text-field.tsx';

/** The old password and the new one. Every other session ends with it. */
export function ChangePassword({ email }: { email: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation(
    trpc.account.changePassword.mutationOptions({
      onSuccess: () => {
        setOld('');
        setNext('');
        void notify('The password is changed', 'Your other sessions have ended.');
        return queries.invalidateQueries({ queryKey: trpc.account.sessions.queryKey() });
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ old, next });
  };
  const where = change.error?.data?.reprise?.where ?? null;
  const problemAt = (field: string) =>
    change.error && where === field ? refusalWords(change.error.message) : null;
  return (
    <Section title="Change your password" description="Your other sessions and your tokens end with it.">
      <form
        onSubmit={submit}
        aria-label="Change your password"
        className="grid max-w-3xl items-start gap-3 sm:grid-cols-2"
      >
        {/* Password managers file the new one under this. */}
        <input type="hidden" name="email" autoComplete="username" value={email} readOnly />
        <TextField
          label="Present password"
          type="password"
          name="old"
          autoComplete="current-password"
          required
          maxLength={512}
          value={old}
          onChange={(event) => setOld(event.target.value)}
          error={problemAt('old')}
        />
        <TextField
          label="New password"
          type="password"
          name="next"
          autoComplete="new-password"
          required
          maxLength={512}
          value={next}
          onChange={(event) => setNext(event.target.value)}
          hint="At least 12 letters. A sentence is good; your name is not."
          error={problemAt('next')}
        />
        <div className="flex flex-col items-start gap-2 sm:col-span-2">
          <Button type="submit" pending={change.isPending}>
            Change password
          </Button>
          <Refused error={where === 'old' || where === 'next' ? null : change.error} />
        </div>
      </form>
    </Section>
  );
}
