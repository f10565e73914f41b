import {
  type BudgetName,
  budgetId,
  causeOf,
  decideTelling,
  type Telling,
} from '../../domain/budget/index.ts';
import type { AlertRow, BudgetStore, SpendRow } from '../ports/budget-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { IncidentSignals, Over, SuggestedScope } from '../ports/incident-signals.ts';
import type { LagStore, Standing } from '../ports/lag.ts';
import type { Leases } from '../ports/leases.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { breachFacts, breachTitle, overWords } from './budget-words.ts';
import { knownBudgets, readStandings, type StandingOf } from './read-standings.ts';

export type EvaluateDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly budgets: BudgetStore;
  readonly lag: Pick<LagStore, 'holdStanding'>;
  readonly signals: IncidentSignals;
  readonly leases: Leases;
  readonly live: LiveNotifier;
  readonly clock: Clock;
};

export const EVALUATE_EVERY_MS = 15_000;
const LEASE = 'budgets';
const LEASE_MS = 3 * EVALUATE_EVERY_MS;
/** Of a breach with thousands of spends the first are enough to say where a replay would have to read. */
const SCOPE_FROM = 1_000;

/**
 * Looks at every budget and tells what changed. Whoever of the fleet holds the lease does it. Each telling is a
 * transaction of its own that holds the lease too: one that fails keeps no other back, and is told the next time.
 */
export async function evaluateBudgets(
  deps: EvaluateDeps,
  holder: string,
): Promise<{ readonly told: number } | null> {
  const nowMs = deps.clock.now().getTime();
  const seen = await deps.unitOfWork.run(async (tx) => {
    if (!(await deps.leases.hold(tx, LEASE, holder, LEASE_MS))) return null;
    const { budgets } = await knownBudgets(deps.budgets, tx, nowMs);
    return {
      standings: await readStandings(deps.budgets, tx, budgets, nowMs),
      alerts: await deps.budgets.alerts(tx),
    };
  });
  if (seen === null) return null;
  const alertOf = new Map(seen.alerts.map((alert) => [causeOf(alert), alert]));
  const tellings: ((tx: Transaction) => Promise<void>)[] = [];
  /** Breaches that stand: of lag the incident hears that it is caught up, if nobody said so in time. */
  const stand: ((tx: Transaction) => Promise<void>)[] = [];
  for (const each of seen.standings) {
    const alert = alertOf.get(causeOf(each.budget)) ?? null;
    alertOf.delete(causeOf(each.budget));
    const telling = decideTelling(each.budget.objective, alert, each.standing);
    if (telling.kind === 'raise') tellings.push((tx) => raise(deps, tx, each, telling, alert, nowMs));
    if (telling.kind === 'nothing' && alert !== null)
      stand.push(async (tx) => {
        const over = await caughtUp(deps, tx, each.budget);
        if (over !== null) await deps.signals.clear(tx, { ...over, cause: causeOf(each.budget) });
      });
    if (telling.kind === 'clear')
      tellings.push((tx) =>
        clear(
          deps,
          tx,
          each.budget,
          overWords(each.budget, each.standing),
          breachFacts(each.budget, each.standing),
          nowMs,
        ),
      );
  }
  for (const alert of alertOf.values())
    tellings.push((tx) =>
      clear(
        deps,
        tx,
        alert,
        'The contract has no such budget any more, or nothing of it is measured.',
        {},
        nowMs,
      ),
    );
  const failures: unknown[] = [];
  for (const tell of [...tellings, ...stand])
    await deps.unitOfWork
      .run(async (tx) => {
        if (await deps.leases.hold(tx, LEASE, holder, LEASE_MS)) await tell(tx);
      })
      .catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  return { told: tellings.length };
}

async function raise(
  deps: EvaluateDeps,
  tx: Transaction,
  { budget, standing }: StandingOf,
  { breach }: Telling & { readonly kind: 'raise' },
  alert: AlertRow | null,
  nowMs: number,
): Promise<void> {
  const { onBreach } = budget.objective;
  const spends = await deps.budgets.spends(tx, budget, budget.soFar, SCOPE_FROM);
  const since = alert?.since ?? sinceOf(spends, nowMs);
  const over = await caughtUp(deps, tx, budget);
  // Whoever finds a lost event tells it, with what is known of it: a second telling would be a second incident.
  if (breach.why !== 'lost')
    await deps.signals.raise(tx, {
      kind: 'budget',
      contractId: budget.contractId,
      cause: causeOf(budget),
      suggestedClass: breach.class,
      title: breachTitle(budget, standing, breach),
      since,
      facts: breachFacts(budget, standing),
      href: `/budgets/${budgetId(budget)}`,
      runbook: onBreach.runbook,
      scope: onBreach.replay ? scopeOf(spends) : null,
      ...(over === null ? {} : { over }),
    });
  const { contractId, indicator, subject } = budget;
  await deps.budgets.tell(tx, {
    contractId,
    indicator,
    subject,
    class: breach.class,
    why: breach.why,
    spent: standing.spent,
    since,
  });
  await deps.live.notify(tx, 'budgets');
}

async function clear(
  deps: EvaluateDeps,
  tx: Transaction,
  budget: BudgetName,
  sentence: string,
  facts: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<void> {
  if (budget.indicator !== 'losses')
    await deps.signals.clear(tx, { cause: causeOf(budget), at: new Date(nowMs), sentence, facts });
  await deps.budgets.endAlert(tx, budget);
  await deps.live.notify(tx, 'budgets');
}

/**
 * That a lag is over whose budget goes on burning in the longer look-backs; null: it goes on, or is not known. What is
 * told here was measured up to a turn ago, and the sampler says only once that it has caught up.
 */
async function caughtUp(
  { lag }: Pick<EvaluateDeps, 'lag'>,
  tx: Transaction,
  { contractId, indicator, subject }: BudgetName,
): Promise<Over | null> {
  if (indicator !== 'lag') return null;
  const kind = subject.startsWith('group:') ? 'group' : 'state';
  const name = subject.slice(kind.length + 1);
  const standing = await lag.holdStanding(tx, { contractId, kind, name });
  if (standing === null || standing.sampledAt === null || !isWithin(standing)) return null;
  const at = standing.sampledAt;
  return {
    at,
    sentence: `${name} has caught up: when it was measured last it was no further behind than its budget lets it.`,
    facts: { 'measured last': at.toISOString() },
  };
}

/** Since when it is over is not known before the second sample, so that it alone does not tell: nor does what is not known. */
function isWithin({ overSince, overMs, partitions }: Standing): boolean {
  if (overSince !== null || overMs === null || partitions.length === 0) return false;
  return partitions.every(({ ageMs }) => ageMs !== null && ageMs <= overMs);
}

/** Since the newest spend began, which is what goes on; where nothing says so, since now. */
function sinceOf(spends: readonly SpendRow[], nowMs: number): Date {
  return spends.find(({ takenBackAt }) => takenBackAt === null)?.fromAt ?? new Date(nowMs);
}

/** What a replay would have to read to tell: from the first to the last record that spent, in each partition. */
export function scopeOf(spends: readonly Pick<SpendRow, 'link' | 'takenBackAt'>[]): SuggestedScope | null {
  const ranges = new Map<number, { from: bigint; to: bigint }>();
  for (const { link, takenBackAt } of spends) {
    if (link.kind !== 'record' || takenBackAt !== null) continue;
    const offset = BigInt(link.offset);
    const range = ranges.get(link.partition) ?? { from: offset, to: offset + 1n };
    ranges.set(link.partition, {
      from: offset < range.from ? offset : range.from,
      to: offset >= range.to ? offset + 1n : range.to,
    });
  }
  if (ranges.size === 0) return null;
  return {
    partitions: [...ranges]
      .toSorted(([a], [b]) => a - b)
      .map(([partition, { from, to }]) => ({ partition, from: String(from), to: String(to) })),
  };
}
