import { budgetId, effectiveSpan, isAbout, type Span } from '../../domain/budget/index.ts';
import type { BudgetStore, ExclusionRow, SpendRow, Summed } from '../ports/budget-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { type KnownBudget, knownBudgets, readStandings, stretches, toSummary } from './read-standings.ts';
import type { BudgetDetail, BudgetSummary, BurnPoint, ExclusionView, SpendView } from './views.ts';

export type BudgetReadDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly budgets: BudgetStore;
  readonly clock: Clock;
};

/** What pages ask about failure budgets. */
export type BudgetQueries = {
  /** All of them: the exhausted first, then by when they would be, then by what is spent. */
  budgets(): Promise<readonly BudgetSummary[]>;
  /** null: no contract has it. */
  budget(id: string): Promise<BudgetDetail | null>;
};

const POINTS = 240;
const SPENDS_SHOWN = 100;

export function createBudgetQueries(deps: BudgetReadDeps): BudgetQueries {
  return {
    budgets: () =>
      deps.unitOfWork.run(
        async (tx) => {
          const nowMs = deps.clock.now().getTime();
          const { budgets } = await knownBudgets(deps.budgets, tx, nowMs);
          const standings = await readStandings(deps.budgets, tx, budgets, nowMs);
          return standings.map((each) => toSummary(each, nowMs)).toSorted(byUrgency);
        },
        { snapshot: true },
      ),
    budget: (id) => deps.unitOfWork.run((tx) => readBudget(deps, tx, id), { snapshot: true }),
  };
}

/** What is nearest to its end comes first; what nobody measures comes last. */
export function byUrgency(a: BudgetSummary, b: BudgetSummary): number {
  const rank = ({ standing: { state, exhaustedAtMs } }: BudgetSummary) => {
    if (state === 'exhausted') return 0;
    if (exhaustedAtMs !== null) return 1;
    if (state === 'burning') return 2;
    return state === 'unmeasured' ? 4 : 3;
  };
  return (
    rank(a) - rank(b) ||
    (a.standing.exhaustedAtMs ?? 0) - (b.standing.exhaustedAtMs ?? 0) ||
    (b.standing.spentShare ?? 0) - (a.standing.spentShare ?? 0) ||
    (a.id < b.id ? -1 : 1)
  );
}

async function readBudget(deps: BudgetReadDeps, tx: Transaction, id: string): Promise<BudgetDetail | null> {
  const nowMs = deps.clock.now().getTime();
  const { budgets, exclusions } = await knownBudgets(deps.budgets, tx, nowMs);
  const budget = budgets.find((each) => budgetId(each) === id);
  if (budget === undefined) return null;
  const [found] = await readStandings(deps.budgets, tx, [budget], nowMs);
  if (found === undefined) return null;
  const spends = await deps.budgets.spends(tx, budget, budget.soFar, SPENDS_SHOWN + 1);
  return {
    ...toSummary(found, nowMs),
    points: await readPoints(deps.budgets, tx, budget, nowMs),
    spends: spends.slice(0, SPENDS_SHOWN).map((row) => toSpend(row, budget.excluded)),
    moreSpends: spends.length > SPENDS_SHOWN,
    exclusions: await readExclusions(deps.budgets, tx, budget, exclusions),
  };
}

async function readPoints(
  store: BudgetStore,
  tx: Transaction,
  budget: KnownBudget,
  nowMs: number,
): Promise<readonly BurnPoint[]> {
  const spans = stretches(budget.soFar, budget.series?.firstAt.getTime() ?? null, POINTS);
  const { contractId, indicator, subject, excluded } = budget;
  const summed = await store.sums(
    tx,
    spans.map((span) => ({ contractId, indicator, subject, excluded, ...span })),
  );
  let [spent, total] = [0, 0];
  return summed.map((sum, at) => {
    spent += sum.bad;
    total += sum.total;
    const { fromMs, toMs } = spans[at] ?? budget.soFar;
    const span = { fromMs, toMs: Math.min(toMs, nowMs) };
    return {
      atMs: span.toMs,
      spent: isGap(budget, sum, span) ? null : spent,
      total,
      bad: sum.bad,
      excludedBad: sum.excludedBad,
    };
  });
}

/** Of lag a stretch of which more than half is not known; of events none, since none may have come. */
function isGap({ objective }: KnownBudget, sum: Summed, { fromMs, toMs }: Span): boolean {
  if (objective.allowance.kind !== 'time') return false;
  return sum.total + sum.excludedMs < (toMs - fromMs) / 2;
}

function toSpend(row: SpendRow, excluded: readonly Span[]): SpendView {
  const [fromMs, toMs] = [row.fromAt.getTime(), row.toAt.getTime()];
  return {
    id: row.id,
    cause: row.cause,
    amount: row.amount,
    sentence: row.sentence,
    link: row.link,
    fromMs,
    toMs,
    takenBack:
      row.takenBackAt === null
        ? null
        : { atMs: row.takenBackAt.getTime(), sentence: row.takenBackSentence ?? '' },
    isExcluded: excluded.some((span) => span.fromMs <= toMs && span.toMs > fromMs),
  };
}

/** Each with what was spent in it, so that leaving time out hides nothing. */
async function readExclusions(
  store: BudgetStore,
  tx: Transaction,
  budget: KnownBudget,
  all: readonly ExclusionRow[],
): Promise<readonly ExclusionView[]> {
  const { contractId, indicator, subject } = budget;
  const rows = all.filter((each) => isAbout(each, budget) && each.toMs > budget.soFar.fromMs);
  const effective = rows.map(effectiveSpan);
  const summed = await store.sums(
    tx,
    rows.map((row, at) => ({ contractId, indicator, subject, excluded: [], ...(effective[at] ?? row) })),
  );
  return rows.map((row, at) => ({
    id: row.id,
    fromMs: row.fromMs,
    toMs: row.toMs,
    effective: effective[at] ?? null,
    isOfContract: row.indicator === null,
    reason: row.reason,
    personId: row.personId,
    madeAtMs: row.madeAt.getTime(),
    ends: row.ends.map(({ kind, atMs, reason, personId }) => ({ kind, atMs, reason, personId })),
    excludedBad: (effective[at] ?? null) === null ? 0 : (summed[at]?.bad ?? 0),
  }));
}
