import type { Column } from '@/components/ui/column.ts';
import { formatDuration } from '@/components/ui/format-number.ts';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { pairTone, pairWord, percent, rateWords } from '@/components/vocabulary/budget-words.ts';
import type { BudgetDetail, PairStanding } from '@/server/application/budget/views.ts';

/** The four pairs of look-backs: how fast it burns, from which rate on it tells, and why it does not. */
export function BurnTable({ budget }: { budget: BudgetDetail }) {
  return (
    <Section
      title="Burn rates"
      description="At a rate of 1 the budget lasts for exactly its window. A pair fires when both look-backs are above its threshold: the long one says that it matters, the short one that it goes on."
    >
      <Table
        caption="Burn rates"
        columns={columns}
        rows={budget.standing.pairs}
        rowKey={(row) => row.name}
        density={40}
      />
    </Section>
  );
}

const columns: readonly Column<PairStanding>[] = [
  {
    id: 'pair',
    header: 'Look-backs',
    cell: (row) => `${formatDuration(row.long.ms)} and ${formatDuration(row.short.ms)}`,
  },
  { id: 'urgency', header: 'Is for', cell: (row) => row.urgency },
  {
    id: 'threshold',
    header: 'Threshold',
    align: 'end',
    cell: (row) => (
      <>
        {rateWords(row.threshold)}
        <span className="block text-xs text-muted">{percent(row.spentShare)} of the budget</span>
      </>
    ),
  },
  { id: 'long', header: 'Long', align: 'end', cell: (row) => <Rate lookBack={row.long} /> },
  { id: 'short', header: 'Short', align: 'end', cell: (row) => <Rate lookBack={row.short} /> },
  {
    id: 'verdict',
    header: 'Fires',
    cell: (row) => (
      <span className="block py-1">
        <Verdict tone={pairTone[row.verdict]} look="plain">
          {pairWord[row.verdict]}
        </Verdict>
        <span className="block text-xs text-muted">{row.why}</span>
      </span>
    ),
  },
];

function Rate({ lookBack: { rate, exceeds, isPartly } }: { lookBack: PairStanding['long'] }) {
  return (
    <span className={exceeds ? 'font-medium text-failed' : undefined}>
      {rateWords(rate)}
      {exceeds ? ' ↑' : ''}
      {isPartly ? (
        <span className="block text-xs text-muted">at least: not all of it was measured</span>
      ) : null}
    </span>
  );
}
