'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { RunDesk } from '@/server/application/runbook-runs/desk.ts';

type Waiting = Awaited<ReturnType<RunDesk['waiting']>>[number];

/** Steps of runbooks that wait for approval, the oldest first; nothing where there are none. */
export function WaitingSteps() {
  const trpc = useTRPC();
  const { data: waiting } = useSuspenseQuery(trpc.runs.waiting.queryOptions());
  if (waiting.length === 0) return null;
  return (
    <Section
      title="Steps of runbooks"
      description="They change something outside Reprise: what is approved is exactly what was shown before."
    >
      <Table
        caption="Steps of runbooks that wait for approval"
        columns={columns}
        rows={waiting}
        rowKey={(row) => row.id}
        density={40}
      />
    </Section>
  );
}

const columns: readonly Column<Waiting>[] = [
  {
    id: 'what',
    header: 'What',
    cell: (row) => <TextLink href={`/runbooks/runs/${row.runId}`}>{row.title}</TextLink>,
  },
  { id: 'would', header: 'It would', cell: (row) => row.preview.sentence },
  { id: 'runbook', header: 'Runbook', cell: (row) => row.runTitle },
  { id: 'by', header: 'Asked for by', cell: (row) => <Person id={row.requestedBy} /> },
  { id: 'since', header: 'Since', cell: (row) => <RelativeTime at={row.requestedAt} /> },
  { id: 'whether', header: 'For you', cell: (row) => row.whyNot ?? 'You may decide.' },
];
