'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { RefusedOrSignInAgain } from '@/components/vocabulary/sign-in-again.tsx';
import type { Right, TokenRight } from '@/server/domain/access/index.ts';

const lives = ['7', '30', '90', '365'] as const;

export type NewTokenProps = {
  /** What the person may do themselves: more a token can't hold. */
  rights: readonly Right[];
  onMade: (made: { readonly name: string; readonly token: string }) => void;
  onCancel: () => void;
};

/** A name to know it by, what it may do, and how long. */
export function NewToken({ rights, onMade, onCancel }: NewTokenProps) {
  const trpc = useTRPC();
  const { data: permissions } = useSuspenseQuery(trpc.account.permissions.queryOptions());
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly TokenRight[]>(rights.includes('read') ? ['read'] : []);
  const [days, setDays] = useState<string>('30');
  const make = useMutation(
    trpc.account.makeToken.mutationOptions({ onSuccess: ({ token }) => onMade({ name, token }) }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (scopes.length > 0) make.mutate({ name, scopes: [...scopes], days: Number(days) });
  };
  // What governs people, or decides, is done by somebody who is there.
  const offered = permissions.flatMap(({ ofTokens, words, right }) =>
    ofTokens !== null && rights.includes(right) ? [{ right: ofTokens, words }] : [],
  );
  return (
    <form
      onSubmit={submit}
      aria-label="New token"
      className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4"
    >
      <div className="grid max-w-3xl items-start gap-3 sm:grid-cols-[1fr_12rem]">
        <TextField
          label="Name"
          value={name}
          required
          maxLength={100}
          autoComplete="off"
          // Opened by a press of a button, this is what the press was for.
          autoFocus
          onChange={(event) => setName(event.target.value)}
          hint="What it is for: you know it by this when it has to go."
        />
        <Select
          label="Holds for"
          value={days}
          onValueChange={setDays}
          options={lives.map((each) => ({ value: each, label: `${each} days` }))}
        />
      </div>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 text-sm font-medium">Scopes</legend>
        {offered.length === 0 ? (
          <p className="text-sm text-muted">Your roles give nothing that a token could do.</p>
        ) : null}
        {offered.map(({ right, words }) => (
          <Checkbox
            key={right}
            label={right}
            hint={words}
            checked={scopes.includes(right)}
            onChange={(event) =>
              setScopes(event.target.checked ? [...scopes, right] : scopes.filter((each) => each !== right))
            }
          />
        ))}
      </fieldset>
      <RefusedOrSignInAgain error={make.error} back="/account" />
      <div className="flex flex-wrap items-start gap-2">
        <Button
          type="submit"
          variant="primary"
          pending={make.isPending}
          disabledReason={scopes.length === 0 ? 'A token without a scope does nothing.' : undefined}
        >
          Make the token
        </Button>
        <Button variant="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
