'use client';

import { useNow } from '@/components/ui/clock.tsx';
import type { Column } from '@/components/ui/column.ts';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { ReplayDetail } from '@/server/application/views.ts';
import { type ExpectationRow, expectationRows } from './expectation.ts';

/** Predicted against observed, so that a replay that takes too long is seen while it does. */
export function ReplayExpectation({ replay, readAtMs }: { replay: ReplayDetail; readAtMs: number }) {
  const now = useNow();
  const rows = expectationRows(replay, now, readAtMs);
  if (rows.length === 0) return null;
  const { basis } = replay.prediction ?? {};
  return (
    <Section
      title="Predicted against observed"
      description={
        basis
          ? `The duration is predicted from ${basis}.`
          : 'No replay of this contract had ended before this one, so nothing predicts its duration.'
      }
    >
      <Table caption="Predicted against observed" columns={columns} rows={rows} rowKey={(row) => row.label} />
    </Section>
  );
}

const columns: readonly Column<ExpectationRow>[] = [
  { id: 'label', header: 'What', cell: (row) => row.label },
  { id: 'predicted', header: 'Predicted', align: 'end', cell: (row) => row.predicted },
  { id: 'observed', header: 'Observed', align: 'end', cell: (row) => row.observed },
  {
    id: 'deviation',
    header: 'Deviation',
    cell: (row) => (
      <Verdict tone={row.tone} look="plain">
        {row.deviation}
      </Verdict>
    ),
  },
];
