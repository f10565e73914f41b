'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import type { inferRouterOutputs } from '@trpc/server';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { notify } from '@/components/ui/notify.ts';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { browserWords } from '@/components/vocabulary/browser-words.ts';
import type { AppRouter } from '@/server/api/root.ts';

type Session = inferRouterOutputs<AppRouter>['account']['sessions'][number];

/** Where somebody is signed in, and the way to end it there. */
export function Sessions() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: sessions } = useSuspenseQuery(trpc.account.sessions.queryOptions());
  const readAgain = () => queries.invalidateQueries({ queryKey: trpc.account.sessions.queryKey() });
  const end = useMutation(trpc.account.endSession.mutationOptions({ onSettled: readAgain }));
  const endOthers = useMutation(
    trpc.account.endOtherSessions.mutationOptions({
      onSuccess: (ended) => notify(`${counted(ended, 'session')} ended`),
      onSettled: readAgain,
    }),
  );
  const others = sessions.filter((session) => !session.isThisOne).length;
  return (
    <Section
      title="Your sessions"
      description="Wherever you are signed in. Who is signed out there has to sign in to come back."
      aside={
        <Button
          size="sm"
          pending={endOthers.isPending}
          disabledReason={others === 0 ? 'There is no other.' : undefined}
          onClick={() => endOthers.mutate()}
        >
          End all others
        </Button>
      }
    >
      <Refused error={end.error ?? endOthers.error} />
      <Table
        caption="Your sessions"
        columns={columnsWith(
          (sessionId) => end.mutate({ sessionId }),
          end.isPending ? end.variables.sessionId : null,
        )}
        rows={sessions}
        rowKey={(row) => row.id}
        density={40}
        empty={<EmptyState title="You have no session: a token asks for this page." />}
      />
    </Section>
  );
}

function columnsWith(onEnd: (sessionId: string) => void, pending: string | null): readonly Column<Session>[] {
  return [
    {
      id: 'browser',
      header: 'Browser',
      cell: (row) => <span title={row.userAgent ?? undefined}>{browserWords(row.userAgent)}</span>,
    },
    {
      id: 'from',
      header: 'From',
      mono: true,
      cell: (row) => row.address ?? <span className="text-muted">not known</span>,
    },
    { id: 'started', header: 'Started', cell: (row) => <RelativeTime at={row.startedAt} /> },
    { id: 'ends', header: 'Ends', wideOnly: true, cell: (row) => <RelativeTime at={row.expiresAt} /> },
    {
      id: 'end',
      header: <span className="sr-only">End it</span>,
      align: 'end',
      cell: (row) =>
        row.isThisOne ? (
          <Verdict tone="accent" look="plain">
            this one
          </Verdict>
        ) : (
          <Button
            size="sm"
            pending={pending === row.id}
            aria-label={`End the session of ${browserWords(row.userAgent)} from ${row.address ?? 'an address that is not known'}`}
            onClick={() => onEnd(row.id)}
          >
            End
          </Button>
        ),
    },
  ];
}
