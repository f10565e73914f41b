'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { SecretOnce } from '@/components/ui/secret-once.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Badge, Verdict } from '@/components/ui/verdict.tsx';
import type { TokenRow } from '@/server/application/ports/people.ts';
import type { Right } from '@/server/domain/access/index.ts';
import { NewToken } from './new-token.tsx';

const tones: Record<TokenRow['state'], Tone> = {
  live: 'verified',
  resting: 'different',
  expired: 'unknown',
  revoked: 'unknown',
};

/** Keys with which programs act as this person. */
export function Tokens({
  rights,
  byIssuer,
}: {
  rights: readonly Right[];
  /** Their company's sign-in lets them in, and has to vouch for them now and then. */
  byIssuer: boolean;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: tokens } = useSuspenseQuery(trpc.account.tokens.queryOptions());
  const { data: doors } = useSuspenseQuery(trpc.account.doors.queryOptions());
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<{ readonly name: string; readonly token: string } | null>(null);
  const readAgain = () => queries.invalidateQueries({ queryKey: trpc.account.tokens.queryKey() });
  const revoke = useMutation(trpc.account.revokeToken.mutationOptions({ onSettled: readAgain }));
  const rows = tokens.toSorted((a, b) => Number(b.state === 'live') - Number(a.state === 'live'));
  return (
    <Section
      title="API tokens"
      description={
        byIssuer
          ? `With one a program acts as you, within its scopes and never beyond what your roles give at that moment: for ${doors.tokenDays} days after each sign-in through your company. Then it rests until you sign in again.`
          : 'With one a program acts as you, within its scopes and never beyond what your roles give at that moment.'
      }
      aside={
        making || made !== null ? null : (
          <Button
            size="sm"
            icon={<Plus aria-hidden="true" className="size-4" />}
            onClick={() => setMaking(true)}
          >
            New token
          </Button>
        )
      }
    >
      {made === null ? null : (
        <SecretOnce
          title={`The token “${made.name}”`}
          label="Token"
          secret={made.token}
          onDone={() => setMade(null)}
        >
          Copy it now: it is shown this once, and nobody can show it again. A program sends it as{' '}
          <span className="font-mono">Authorization: Bearer …</span>, and the command line reads it from{' '}
          <span className="font-mono">REPRISE_TOKEN</span>.
        </SecretOnce>
      )}
      {making ? (
        <NewToken
          rights={rights}
          onMade={(next) => {
            setMade(next);
            setMaking(false);
            void readAgain();
          }}
          onCancel={() => setMaking(false)}
        />
      ) : null}
      <Refused error={revoke.error} />
      <Table
        caption="API tokens"
        columns={columnsWith(
          (tokenId) => revoke.mutate({ tokenId }),
          revoke.isPending ? revoke.variables.tokenId : null,
        )}
        rows={rows}
        rowKey={(row) => row.id}
        density={40}
        empty={
          <EmptyState title="You have no token.">
            Make one for a program, a scheduled job or the command line.
          </EmptyState>
        }
      />
    </Section>
  );
}

function columnsWith(
  onRevoke: (tokenId: string) => void,
  pending: string | null,
): readonly Column<TokenRow>[] {
  return [
    { id: 'name', header: 'Name', cell: (row) => <span className="wrap-anywhere">{row.name}</span> },
    {
      id: 'state',
      header: 'State',
      cell: (row) => (
        <Verdict tone={tones[row.state]} look="plain">
          {row.state}
        </Verdict>
      ),
    },
    {
      id: 'scopes',
      header: 'Scopes',
      cell: (row) => (
        <span className="inline-flex flex-wrap gap-1 py-1 align-middle">
          {row.scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
        </span>
      ),
    },
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
    { id: 'made', header: 'Made', wideOnly: true, cell: (row) => <RelativeTime at={row.createdAt} /> },
    { id: 'ends', header: 'Ends', wideOnly: true, cell: (row) => <RelativeTime at={row.expiresAt} /> },
    {
      id: 'revoke',
      header: <span className="sr-only">Revoke it</span>,
      align: 'end',
      cell: (row) =>
        row.state === 'live' || row.state === 'resting' ? (
          <Button
            size="sm"
            pending={pending === row.id}
            aria-label={`Revoke the token ${row.name}`}
            onClick={() => onRevoke(row.id)}
          >
            Revoke
          </Button>
        ) : null,
    },
  ];
}
