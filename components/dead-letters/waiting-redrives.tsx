'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { sinceColumn, waitingColumns } from '@/components/vocabulary/waiting-columns.tsx';
import type { WaitingRedrive } from '@/server/application/dead-letters/redrive/waiting.ts';

/** Redrives that wait for approval, the oldest first; nothing where there are none. */
export function WaitingRedrives() {
  const trpc = useTRPC();
  const { data: waiting } = useSuspenseQuery(trpc.deadLetters.waiting.queryOptions());
  if (waiting.length === 0) return null;
  return (
    <Section
      title="Dead letters"
      description="They would be sent again, as they are or corrected: what is approved is exactly the set that is shown."
    >
      <Table
        caption="Redrives that wait for approval"
        columns={columns}
        rows={waiting}
        rowKey={(row) => row.id}
        density={40}
      />
    </Section>
  );
}

const hrefOf = ({ id }: WaitingRedrive) => `/dead-letters/redrives/${id}`;

const columns: readonly Column<WaitingRedrive>[] = [
  {
    id: 'what',
    header: 'What',
    cell: (row) => (
      <TextLink href={hrefOf(row)}>
        {row.isEdited ? 'An edited letter' : counted(row.letters, 'letter')} of {row.state}
      </TextLink>
    ),
  },
  ...waitingColumns<WaitingRedrive>(hrefOf),
  sinceColumn,
];
