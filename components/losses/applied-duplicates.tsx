'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { AppliedDuplicate } from '@/server/application/ports/delivery-pages.ts';

/** Duplicates that a read model has applied, where the last replay proves it. */
export function AppliedDuplicates({ contractId }: { readonly contractId: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.deliveries.applied.queryOptions({ contractId }));
  return (
    <Section
      title="Applied twice"
      description="A redelivery does no harm where it is recognised. These differences of the last replay are explained by one that was not."
    >
      <Table
        caption="Applied duplicates"
        columns={columns}
        rows={data ?? []}
        rowKey={(row) => `${row.derivedState} ${row.key}`}
        empty={
          <p className="text-sm text-muted">
            {data === undefined ? 'Looking …' : 'No replay that stands explains a difference by a duplicate.'}
          </p>
        }
      />
    </Section>
  );
}

const columns: readonly Column<AppliedDuplicate>[] = [
  { id: 'state', header: 'Derived state', cell: (row) => row.derivedState },
  { id: 'key', header: 'Key', mono: true, cell: (row) => row.key },
  {
    id: 'event',
    header: 'Event',
    cell: (row) => (row.eventId === null ? null : <ShortId id={row.eventId} what="event id" />),
  },
  {
    id: 'place',
    header: 'Record',
    cell: (row) => (row.partition === null ? null : `partition ${row.partition}, offset ${row.offset}`),
  },
  {
    id: 'replay',
    header: 'Replay',
    cell: (row) => (
      <TextLink href={`/replays/${row.replayId}`}>
        <ShortId id={row.replayId} what="replay id" copyable={false} />
      </TextLink>
    ),
  },
];
