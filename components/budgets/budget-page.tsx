'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { useAskEvery } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { AsOf, RelativeTime } from '@/components/ui/relative-time.tsx';
import { WithTimes } from '@/components/ui/with-times.tsx';
import {
  amount,
  budgetAnswer,
  budgetName,
  objectiveWords,
  percent,
} from '@/components/vocabulary/budget-words.ts';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { BudgetDetail } from '@/server/application/budget/views.ts';
import { AGAIN_MS } from './budgets-page.tsx';
import { BurnSection } from './burn-section.tsx';
import { BurnTable } from './burn-table.tsx';
import { Exclusions } from './exclusions.tsx';
import { Spends } from './spends.tsx';

/** One failure budget: what is allowed, spent and left, how fast it goes, what spent it, and what was left out. */
export function BudgetPage({ budgetId }: { budgetId: string }) {
  const trpc = useTRPC();
  const { data: budget } = useSuspenseQuery({
    ...trpc.budgets.get.queryOptions({ budgetId }),
    refetchInterval: useAskEvery(AGAIN_MS),
  });
  const answer = budgetAnswer(budget);
  return (
    <>
      <PageHeader
        title={budgetName(budget)}
        trail={[{ label: 'Budgets', href: '/budgets' }]}
        tone={answer.tone}
        verdict={<WithTimes text={answer.verdict} />}
        next={answer.next}
        tabTitle={answer.tab}
        asOf={<AsOf at={budget.nowMs} />}
        actions={
          budget.onBreach.replay ? (
            <ButtonLink href={`/replays/new?contract=${encodeURIComponent(budget.contractId)}`}>
              New replay
            </ButtonLink>
          ) : null
        }
      />
      <Tiles budget={budget} />
      <BurnSection budget={budget} />
      {budget.allowance.kind === 'none' ? null : <BurnTable budget={budget} />}
      <Spends budget={budget} />
      <Exclusions budget={budget} />
    </>
  );
}

type Tile = { readonly label: string; readonly value: React.ReactNode; readonly note: React.ReactNode };

function Tiles({ budget }: { budget: BudgetDetail }) {
  return (
    <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-2 lg:grid-cols-4">
      {tilesOf(budget).map(({ label, value, note }) => (
        <div key={label} className="border-l-2 border-line pl-3">
          <dt className="text-sm text-muted">{label}</dt>
          <dd className="text-xl font-medium tabular-nums">{value}</dd>
          <dd className="text-sm text-muted">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

function tilesOf(budget: BudgetDetail): readonly Tile[] {
  const { standing, allowance, indicator, windowKind } = budget;
  const { spent, allowed, left, spentShare, total, window, unknown, excludedBad, excludedMs } = standing;
  const isMeasured = standing.state !== 'unmeasured';
  return [
    {
      label: 'Objective',
      value:
        allowance.kind === 'none'
          ? 'none'
          : allowance.kind === 'share'
            ? `< ${percent(allowance.share)}`
            : `< ${formatDuration(allowance.allowedMs)}`,
      note: (
        <>
          <ContractLink id={budget.contractId} />: {objectiveWords(budget)}
        </>
      ),
    },
    {
      label: 'Spent',
      value: isMeasured ? amount(budget, spent) : '—',
      note: !isMeasured
        ? 'nothing was measured yet'
        : spentShare === null || standing.state === 'few'
          ? `of ${formatCount(total)} events`
          : `${percent(spentShare)} of the budget${indicator === 'lag' ? '' : `, of ${formatCount(total)} counted`}`,
    },
    {
      label: 'Left',
      value: !isMeasured ? '—' : left < 0 ? 'none' : amount(budget, left),
      note:
        left < 0 ? (
          `${amount(budget, -left)} beyond it`
        ) : allowance.kind === 'share' ? (
          `of ${amount(budget, allowed)} that may be, of what was counted so far`
        ) : windowKind.kind === 'rolling' ? (
          `of ${amount(budget, allowed)}; what is older falls out`
        ) : (
          <>
            until <RelativeTime at={window.toMs} absolute />
          </>
        ),
    },
    {
      label: 'Not known, left out',
      value: indicator === 'lag' ? formatDuration(unknown) : amount(budget, excludedBad),
      note:
        indicator === 'lag'
          ? `not measured, which is not counted as good; ${formatDuration(excludedBad)} more are left out`
          : `spent in ${formatDuration(excludedMs)} that are left out`,
    },
  ];
}
