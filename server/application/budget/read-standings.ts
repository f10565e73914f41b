import {
  type BudgetName,
  budgetId,
  excludedSpans,
  lengthOf,
  lookBacks,
  type Measured,
  type Objective,
  objectiveOf,
  type Span,
  type Standing,
  standingOf,
  toFullMinutes,
  windowAt,
} from '../../domain/budget/index.ts';
import { budgetsOf, type Indicator, indicators } from '../../domain/contract/index.ts';
import type { BudgetStore, ExclusionRow, Series, Summed, WatchedContract } from '../ports/budget-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { BudgetSummary } from './views.ts';

/** A budget of a contract, measured or not. */
export type KnownBudget = BudgetName & {
  readonly contract: WatchedContract;
  readonly objective: Objective;
  readonly series: Series | null;
  /** The present window up to the end of this minute, since what is counted in it is counted in it whole. */
  readonly soFar: Span;
  readonly excluded: readonly Span[];
};

export type StandingOf = { readonly budget: KnownBudget; readonly standing: Standing };

/** Every budget that contracts have, each with what is left out of it. */
export async function knownBudgets(
  store: BudgetStore,
  tx: Transaction,
  nowMs: number,
): Promise<{ readonly budgets: readonly KnownBudget[]; readonly exclusions: readonly ExclusionRow[] }> {
  const contracts = await store.watched(tx);
  const measured = await store.series(tx);
  const found = contracts.flatMap((contract) => budgetsOfContract(contract, measured, nowMs));
  const sinceMs = Math.min(nowMs, ...found.map(({ soFar }) => soFar.fromMs)) - Math.max(0, ...lookBacks);
  const exclusions = await store.exclusions(tx, { contractId: null, sinceMs });
  return {
    exclusions,
    budgets: found.map((budget) => ({ ...budget, excluded: excludedSpans(exclusions, budget) })),
  };
}

function budgetsOfContract(
  contract: WatchedContract,
  measured: readonly Series[],
  nowMs: number,
): readonly KnownBudget[] {
  const { contractId } = contract;
  const budgets = contract.budgets ?? budgetsOf();
  return indicators.flatMap((indicator) => {
    const objective = objectiveOf(budgets, indicator);
    if (objective === null) return [];
    const window = windowAt(objective.window, objective.timeZone, nowMs);
    const own = measured.filter((each) => each.contractId === contractId && each.indicator === indicator);
    return subjectsOf(contract, indicator, own, window).map((subject) => ({
      contractId,
      indicator,
      subject,
      contract,
      objective,
      series: own.find((each) => each.subject === subject) ?? null,
      soFar: { fromMs: window.fromMs, toMs: endOfMinute(nowMs) },
      excluded: [],
    }));
  });
}

const endOfMinute = (ms: number) => toFullMinutes({ fromMs: ms, toMs: ms }).toMs;

/** Of lag what the contract counts; of an older description what was measured in this window, and each derived state. */
function subjectsOf(
  contract: WatchedContract,
  indicator: Indicator,
  own: readonly Series[],
  window: Span,
): readonly string[] {
  if (indicator === 'compensations' && !contract.hasSaga && own.length === 0) return [];
  if (indicator !== 'lag') return [''];
  // What it does not name any more is no budget of it, whatever was measured in this window.
  if (contract.counted !== null) return contract.counted;
  const recent = own.filter(({ lastAt }) => lastAt.getTime() >= window.fromMs).map(({ subject }) => subject);
  const expected = contract.derivedStates.map((name) => `state:${name}`);
  return [...new Set([...recent, ...expected])].toSorted();
}

/**
 * Where these budgets stand, from one question to the store. Look-backs and the window end together, so each stretch
 * between where they begin is summed up once, and a look-back is the sum of those that it reaches over.
 */
export async function readStandings(
  store: BudgetStore,
  tx: Transaction,
  budgets: readonly KnownBudget[],
  nowMs: number,
): Promise<readonly StandingOf[]> {
  const cut = budgets.map((budget) => ({ budget, segments: segmentsOf(budget.soFar, nowMs) }));
  const summed = await store.sums(
    tx,
    cut.flatMap(({ budget: { contractId, indicator, subject, excluded }, segments }) =>
      segments.map((span) => ({ contractId, indicator, subject, excluded, ...span })),
    ),
  );
  let at = 0;
  return cut.map(({ budget, segments }) => {
    const own = segments.map((span, n) => ({ span, sum: summed[at + n] }));
    at += segments.length;
    const since = (fromMs: number) =>
      joined(own.flatMap(({ span, sum }) => (sum !== undefined && span.fromMs >= fromMs ? [sum] : [])));
    const window = since(budget.soFar.fromMs);
    const measured: Measured = {
      window,
      lookBacks: new Map(lookBacks.map((ms) => [ms, since(nowMs - ms)])),
      excluded: budget.excluded,
      firstMs: budget.series?.firstAt.getTime() ?? null,
      isMeasured: window.isMeasured,
    };
    return { budget, standing: standingOf(budget.objective, measured, nowMs) };
  });
}

function segmentsOf(soFar: Span, nowMs: number): readonly Span[] {
  const begins = [...new Set([soFar.fromMs, ...lookBacks.map((ms) => nowMs - ms)])].toSorted((a, b) => a - b);
  return begins
    .map((fromMs, at) => ({ fromMs, toMs: begins[at + 1] ?? soFar.toMs }))
    .filter(({ fromMs, toMs }) => toMs > fromMs);
}

function joined(sums: readonly Summed[]): Summed {
  const add = (of: 'total' | 'bad' | 'unknown' | 'excludedBad' | 'excludedMs') =>
    sums.reduce((sum, each) => sum + each[of], 0);
  return {
    total: add('total'),
    bad: add('bad'),
    unknown: add('unknown'),
    excludedBad: add('excludedBad'),
    excludedMs: add('excludedMs'),
    isMeasured: sums.some(({ isMeasured }) => isMeasured),
  };
}

export function toSummary({ budget, standing }: StandingOf, nowMs: number): BudgetSummary {
  const { contract, contractId, indicator, subject, objective, series } = budget;
  return {
    id: budgetId(budget),
    contractId,
    contractTitle: contract.title,
    indicator,
    subject,
    allowance: objective.allowance,
    windowKind: objective.window,
    timeZone: objective.timeZone,
    onBreach: objective.onBreach,
    standing,
    whyUnmeasured:
      indicator === 'losses' && !contract.hasOutbox
        ? 'The contract names no outbox (sent), so nobody can tell what was sent and never arrived.'
        : null,
    firstMs: series?.firstAt.getTime() ?? null,
    lastMs: series?.lastAt.getTime() ?? null,
    nowMs,
  };
}

/** At most so many stretches of the window up to now, each of whole minutes; from the first measurement on. */
export function stretches(span: Span, firstMs: number | null, atMost: number): readonly Span[] {
  if (firstMs === null) return [];
  const fromMs = Math.max(span.fromMs, toFullMinutes({ fromMs: firstMs, toMs: firstMs }).fromMs);
  if (fromMs >= span.toMs) return [];
  const stepMs = Math.max(1, Math.ceil(lengthOf({ fromMs, toMs: span.toMs }) / atMost / 60_000)) * 60_000;
  const found: Span[] = [];
  for (let at = fromMs; at < span.toMs; at += stepMs)
    found.push({ fromMs: at, toMs: Math.min(at + stepMs, span.toMs) });
  return found;
}
