'use client';

import dynamic from 'next/dynamic';
import { type BurnDown, prepareBurnDown } from '@/components/charts/prepare-burn-down.ts';
import type { Column } from '@/components/ui/column.ts';
import { formatInstant } from '@/components/ui/format-time.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { amount } from '@/components/vocabulary/budget-words.ts';
import type { BudgetDetail, BurnPoint } from '@/server/application/budget/views.ts';

const BurnDownChart = dynamic(
  () => import('@/components/charts/burn-down.tsx').then((module) => module.BurnDownChart),
  { ssr: false, loading: () => <div className="h-64 w-full rounded-lg bg-subtle" /> },
);

const titles = { time: 'Burn-down', share: 'Burn-down', none: 'Lost so far' } as const;
const notes = {
  time: 'What is left over the window, beside the line on which it would be spent evenly. Dotted: the rate of the last hour.',
  share:
    'What is left of what may go wrong among the events so far, beside the line on which it would be spent evenly. Dotted: the rate of the last hour.',
  none: 'How many were lost since the window began. None may be.',
} as const;

/** What is left over time, and the table behind the picture. */
export function BurnSection({ budget }: { budget: BudgetDetail }) {
  const { kind } = budget.allowance;
  const { standing, nowMs, points } = budget;
  const chart = prepareBurnDown({
    points,
    kind,
    allowed: standing.allowed,
    window: standing.window,
    nowMs,
    exhaustedAtMs: standing.exhaustedAtMs,
    exclusions: budget.exclusions.flatMap(({ effective }) => (effective === null ? [] : [effective])),
  });
  return (
    <Section title={titles[kind]} description={notes[kind]}>
      {chart === null ? (
        <EmptyState title="Nothing was measured in this window yet.">
          {budget.whyUnmeasured ?? 'The line begins with the first measurement.'}
        </EmptyState>
      ) : (
        <>
          <BurnDownChart chart={chart} kind={kind} nowMs={nowMs} summary={summaryOf(budget, chart)} />
          <details className="text-sm">
            <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
              The same as a table
            </summary>
            <div className="mt-2">
              <Table
                caption={titles[kind]}
                columns={columnsOf(budget)}
                rows={[...points].reverse()}
                rowKey={(row) => String(row.atMs)}
              />
            </div>
          </details>
        </>
      )}
    </Section>
  );
}

function summaryOf(budget: BudgetDetail, { domain, bands }: BurnDown): string {
  const { spent, exhaustedAtMs } = budget.standing;
  const gaps = budget.points.filter((point) => point.spent === null).length;
  return [
    `From ${formatInstant(domain[0], 'utc')} until now ${amount(budget, spent)} were spent.`,
    exhaustedAtMs === null ? '' : `At this rate it is exhausted ${formatInstant(exhaustedAtMs, 'utc')}.`,
    gaps > 0 ? 'There are gaps in which nothing was measured.' : '',
    bands.length > 0 ? 'There is time that is left out.' : '',
    'The table below has the figures.',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function columnsOf(budget: BudgetDetail): readonly Column<BurnPoint>[] {
  return [
    { id: 'until', header: 'Until', cell: (row) => <RelativeTime at={row.atMs} absolute /> },
    {
      id: 'bad',
      header: 'Spent since the row before',
      align: 'end',
      cell: (row) => (row.spent === null ? 'not measured' : amount(budget, row.bad)),
    },
    {
      id: 'spent',
      header: 'Spent in all',
      align: 'end',
      cell: (row) => (row.spent === null ? '—' : amount(budget, row.spent)),
    },
    {
      id: 'out',
      header: 'Left out',
      align: 'end',
      cell: (row) => (row.excludedBad > 0 ? amount(budget, row.excludedBad) : '—'),
    },
  ];
}
