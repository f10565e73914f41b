'use client';

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import type { PasskeyRow } from '@/server/application/ports/passkeys.ts';

export function RenamePasskey({ passkey, onDone }: { passkey: PasskeyRow; onDone: () => void }) {
  const trpc = useTRPC();
  const [name, setName] = useState(passkey.name);
  const rename = useMutation(trpc.account.renamePasskey.mutationOptions({ onSuccess: onDone }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate({ passkeyId: passkey.id, name });
  };
  return (
    <form
      onSubmit={submit}
      aria-label={`Rename the passkey ${passkey.name}`}
      className="flex max-w-3xl flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <TextField
        label="New name"
        value={name}
        required
        maxLength={100}
        autoComplete="off"
        // Opened by a press of a button, this is what the press was for.
        autoFocus
        onChange={(event) => setName(event.target.value)}
      />
      <Refused error={rename.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={rename.isPending}>
          Rename
        </Button>
        <Button variant="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
