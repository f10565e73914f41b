'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { RefusedOrSignInAgain } from '@/components/vocabulary/sign-in-again.tsx';
import type { PasskeyRow } from '@/server/application/ports/passkeys.ts';
import { NewPasskey } from './new-passkey.tsx';
import { RenamePasskey } from './rename-passkey.tsx';

/** Keys on this person's devices, each of which signs them in by itself. */
export function Passkeys() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: passkeys } = useSuspenseQuery(trpc.account.passkeys.queryOptions());
  const { data: doors } = useSuspenseQuery(trpc.account.doors.queryOptions());
  const [adding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState<PasskeyRow | null>(null);
  const readAgain = () => queries.invalidateQueries({ queryKey: trpc.account.passkeys.queryKey() });
  const remove = useMutation(trpc.account.removePasskey.mutationOptions({ onSettled: readAgain }));
  return (
    <Section
      title="Passkeys"
      description="A key that a device of yours keeps, and uses once it has seen that it is you: in place of the password and of the second factor."
      aside={
        adding ? null : (
          <Button
            size="sm"
            icon={<Plus aria-hidden="true" className="size-4" />}
            disabledReason={
              doors.hasPasskeys
                ? undefined
                : 'Browsers bind no passkey to an IP address: open Reprise by a name, on this machine as localhost.'
            }
            reasonPlacement="below"
            onClick={() => setAdding(true)}
          >
            New passkey
          </Button>
        )
      }
    >
      {adding ? (
        <NewPasskey
          onMade={() => {
            setAdding(false);
            void readAgain();
          }}
          onCancel={() => setAdding(false)}
        />
      ) : null}
      {renaming === null ? null : (
        <RenamePasskey
          key={renaming.id}
          passkey={renaming}
          onDone={() => {
            setRenaming(null);
            void readAgain();
          }}
        />
      )}
      <RefusedOrSignInAgain error={remove.error} back="/account" />
      <Table
        caption="Passkeys"
        columns={columnsWith({
          onRename: setRenaming,
          onRemove: (passkeyId) => remove.mutate({ passkeyId }),
          pending: remove.isPending ? remove.variables.passkeyId : null,
        })}
        rows={passkeys}
        rowKey={(row) => row.id}
        density={40}
        empty={<EmptyState title="You have no passkey." />}
      />
    </Section>
  );
}

type Acts = {
  readonly onRename: (passkey: PasskeyRow) => void;
  readonly onRemove: (passkeyId: string) => void;
  readonly pending: string | null;
};

function columnsWith({ onRename, onRemove, pending }: Acts): readonly Column<PasskeyRow>[] {
  return [
    { id: 'name', header: 'Name', cell: (row) => <span className="wrap-anywhere">{row.name}</span> },
    {
      id: 'kept',
      header: 'Kept',
      wideOnly: true,
      cell: (row) => (row.backedUp ? 'with your other devices' : 'on one device'),
    },
    { id: 'made', header: 'Made', wideOnly: true, cell: (row) => <RelativeTime at={row.createdAt} /> },
    {
      id: 'used',
      header: 'Last used',
      cell: (row) =>
        row.lastUsedAt === null ? (
          <span className="text-muted">never</span>
        ) : (
          <RelativeTime at={row.lastUsedAt} />
        ),
    },
    {
      id: 'acts',
      header: <span className="sr-only">Rename or remove it</span>,
      align: 'end',
      cell: (row) => (
        <span className="inline-flex gap-2">
          <Button size="sm" aria-label={`Rename the passkey ${row.name}`} onClick={() => onRename(row)}>
            Rename
          </Button>
          <Button
            size="sm"
            pending={pending === row.id}
            aria-label={`Remove the passkey ${row.name}`}
            onClick={() => onRemove(row.id)}
          >
            Remove
          </Button>
        </span>
      ),
    },
  ];
}
