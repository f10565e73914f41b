'use client';

import { useSuspenseInfiniteQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { RunSummary } from '@/server/application/ports/runbook-runs.ts';
import { nextPage, runListInput } from './run-list-input.ts';

/** Every run of a runbook, the newest first. */
export function RunList() {
  const trpc = useTRPC();
  const pages = useSuspenseInfiniteQuery(trpc.runs.list.infiniteQueryOptions(runListInput, nextPage));
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const running = rows.filter(({ status }) => status === 'running').length;
  return (
    <>
      <PageHeader
        title="Runs of runbooks"
        trail={[{ label: 'Runbooks', href: '/runbooks' }]}
        tone={running > 0 ? 'accent' : 'unknown'}
        verdict={
          running > 0 ? `${counted(running, 'run')} ${running === 1 ? 'goes' : 'go'} on.` : 'No run goes on.'
        }
        next="A run is begun from an incident, or from a runbook’s page."
        tabTitle="Runs of runbooks"
      />
      <Table
        caption="Runs of runbooks"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        density={40}
        empty={
          <EmptyState title="No runbook was run yet.">
            An incident proposes the runbooks that may help with it, and a run of one begins there.
          </EmptyState>
        }
      />
      {pages.hasNextPage ? (
        <Button pending={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Older runs
        </Button>
      ) : null}
    </>
  );
}

const tones = { running: 'accent', done: 'verified', abandoned: 'unknown' } as const;

const columns: readonly Column<RunSummary>[] = [
  {
    id: 'runbook',
    header: 'Runbook',
    cell: (row) => <TextLink href={`/runbooks/runs/${row.id}`}>{row.title}</TextLink>,
  },
  { id: 'status', header: 'Status', cell: (row) => <Verdict tone={tones[row.status]}>{row.status}</Verdict> },
  {
    id: 'incident',
    header: 'Incident',
    cell: (row) =>
      row.incidentId === null ? (
        'none'
      ) : (
        <TextLink href={`/incidents/${row.incidentId}`}>its incident</TextLink>
      ),
  },
  { id: 'by', header: 'Started by', cell: (row) => <Person id={row.startedBy} /> },
  { id: 'started', header: 'Started', cell: (row) => <RelativeTime at={row.startedAt} /> },
  {
    id: 'ended',
    header: 'Ended',
    cell: (row) => (row.endedAt === null ? 'goes on' : <RelativeTime at={row.endedAt} />),
  },
];
