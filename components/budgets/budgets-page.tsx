'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { useAskEvery } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { AsOf, RelativeTime } from '@/components/ui/relative-time.tsx';
import { Select } from '@/components/ui/select.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { WithTimes } from '@/components/ui/with-times.tsx';
import {
  allAnswer,
  amount,
  budgetHref,
  budgetName,
  exhaustedWords,
  objectiveWords,
  percent,
  rateWords,
  stateTone,
  stateWord,
} from '@/components/vocabulary/budget-words.ts';
import type { BudgetSummary } from '@/server/application/budget/views.ts';
import { contractsOf, ofContract } from './of-contract.ts';
import { SpentBar } from './spent-bar.tsx';

/** As often as they are evaluated. */
export const AGAIN_MS = 15_000;

/** Every failure budget, the one that is nearest to its end first. */
export function BudgetsPage() {
  const trpc = useTRPC();
  const [contract, setContract] = useQueryState('contract', parseAsString.withDefault(''));
  const { data: all } = useSuspenseQuery({
    ...trpc.budgets.list.queryOptions(),
    refetchInterval: useAskEvery(AGAIN_MS),
  });
  const budgets = ofContract(all, contract);
  const answer = allAnswer(budgets);
  const [first] = budgets;
  return (
    <>
      <PageHeader
        title="Budgets"
        tone={answer.tone}
        verdict={<WithTimes text={answer.verdict} />}
        next={answer.next}
        tabTitle={answer.tab}
        asOf={first === undefined ? null : <AsOf at={first.nowMs} />}
      />
      <Select
        label="Contract"
        className="max-w-sm"
        value={contract}
        onValueChange={(value) => void setContract(value === '' ? null : value)}
        options={contractsOf(all, contract)}
      />
      <Table
        caption="Failure budgets"
        columns={columns}
        rows={budgets}
        rowKey={(row) => row.id}
        density={40}
        empty={
          <EmptyState
            title={
              contract === ''
                ? 'No contract has a failure budget.'
                : `Contract ${contract} has no failure budget.`
            }
          >
            Every contract has the four usual ones unless it says otherwise; docs/budgets.md shows how.
          </EmptyState>
        }
      />
    </>
  );
}

const columns: readonly Column<BudgetSummary>[] = [
  {
    id: 'budget',
    header: 'Budget',
    cell: (row) => (
      <span className="block py-1">
        <TextLink quiet href={budgetHref(row)}>
          {budgetName(row)}
        </TextLink>
        <span className="block text-xs text-muted">
          {row.contractTitle}: {objectiveWords(row)}
        </span>
      </span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    cell: (row) => (
      <Verdict tone={stateTone(row)} look="plain">
        {stateWord(row)}
      </Verdict>
    ),
  },
  {
    id: 'spent',
    header: 'Spent',
    align: 'end',
    cell: (row) => <Spent budget={row} />,
  },
  {
    id: 'exhausted',
    header: 'Exhausted at this rate',
    cell: (row) => <Exhausted budget={row} />,
  },
  {
    id: 'bar',
    header: 'Of the budget',
    wideOnly: true,
    width: '10rem',
    cell: (row) => <SpentBar budget={row} />,
  },
  {
    id: 'rate',
    header: 'Burn rate, last hour',
    align: 'end',
    wideOnly: true,
    cell: (row) => <span className="text-muted">{lastHour(row)}</span>,
  },
];

function Exhausted({ budget }: { budget: BudgetSummary }) {
  const { standing } = budget;
  if (standing.state === 'exhausted' || standing.exhaustedAtMs === null)
    return (
      <span className={standing.state === 'exhausted' ? 'text-failed' : 'text-muted'}>
        {exhaustedWords(budget)}
      </span>
    );
  return <RelativeTime at={standing.exhaustedAtMs} />;
}

function Spent({ budget }: { budget: BudgetSummary }) {
  const { state, spent, allowed, spentShare } = budget.standing;
  if (state === 'unmeasured') return <span className="text-muted">—</span>;
  return (
    <>
      {amount(budget, spent)}
      <span className="text-muted"> of {amount(budget, allowed)}</span>
      {spentShare === null || state === 'few' ? null : (
        <span className="block text-xs text-muted">{percent(spentShare)}</span>
      )}
    </>
  );
}

function lastHour({ standing: { pairs, state } }: BudgetSummary): string {
  const [fast] = pairs;
  if (fast === undefined) return 'none: a budget of nothing';
  return state === 'unmeasured'
    ? '—'
    : `${rateWords(fast.long.rate)}${fast.long.isPartly ? ' at least' : ''}`;
}
