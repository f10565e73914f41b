'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { sinceColumn, waitingColumns } from '@/components/vocabulary/waiting-columns.tsx';
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
  ...waitingColumns<WaitingPromotionView>((row) => `/promotions/${row.id}`),
  sinceColumn,
];
