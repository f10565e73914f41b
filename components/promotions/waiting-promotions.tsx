'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { WaitingPromotionView } from '@/server/application/promotion/views.ts';

/** Promotions that wait for approval, the oldest first; nothing where there are none. */
export function WaitingPromotions() {
  const trpc = useTRPC();
  const { data: waiting } = useSuspenseQuery(trpc.promotions.waiting.queryOptions());
  if (waiting.length === 0) return null;
  return (
    <Section title="Promotions" description="They write to a live state: what is approved is the exact diff.">
      <Table
        caption="Promotions that wait for approval"
        columns={columns}
        rows={waiting}
        rowKey={(row) => row.id}
        density={40}
      />
    </Section>
  );
}

const columns: readonly Column<WaitingPromotionView>[] = [
  {
    id: 'what',
    header: 'What',
    cell: (row) => (
      <TextLink href={`/promotions/${row.id}`}>
        {row.undoes === null ? 'Promotion' : 'Undoing'} of {counted(row.keys, 'key')} of {row.derivedState}
      </TextLink>
    ),
  },
  { id: 'contract', header: 'Contract', cell: (row) => <ContractLink id={row.contractId} /> },
  { id: 'by', header: 'Requested by', cell: (row) => <Person id={row.requestedBy} /> },
  { id: 'reason', header: 'Reason', wideOnly: true, cell: (row) => row.reason },
  {
    id: 'given',
    header: 'Approvals',
    align: 'end',
    cell: (row) => `${row.standing.given} of ${row.standing.needed}`,
  },
  {
    id: 'you',
    header: 'You',
    cell: (row) =>
      row.whyNot === null ? (
        <TextLink href={`/promotions/${row.id}`}>decide</TextLink>
      ) : (
        <span className="text-muted">{row.whyNot}</span>
      ),
  },
  { id: 'when', header: 'Since', cell: (row) => <RelativeTime at={row.requestedAt} /> },
];
