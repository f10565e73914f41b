import { DAY_MS, effectiveSpan, toFullMinutes } from '../../domain/budget/index.ts';
import { type Indicator, indicators } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { BudgetStore, WatchedContract } from '../ports/budget-store.ts';
import type { Clock, NewId } from '../ports/clock.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

type Deps = {
  readonly unitOfWork: UnitOfWork;
  readonly budgets: BudgetStore;
  readonly people: PeopleStore;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly clock: Clock;
  readonly newId: NewId;
};

export type ExcludeRequest = {
  readonly contractId: string;
  /** null: of all budgets of the contract. */
  readonly indicator: Indicator | null;
  readonly subject: string | null;
  readonly from: Date;
  readonly to: Date;
  readonly reason: string;
  readonly actor: string;
};
export type EndExclusionRequest = {
  readonly exclusionId: string;
  readonly kind: 'ended' | 'revoked';
  readonly reason: string;
  readonly actor: string;
};

/** What is done to budgets: time is left out, which ends by another act and is never undone in silence. */
export type BudgetCommands = {
  excludeTime(request: ExcludeRequest): Promise<{ readonly exclusionId: string }>;
  endExclusion(request: EndExclusionRequest): Promise<void>;
};

/** Longer is no maintenance: whoever wants a larger budget writes it into the contract, where it is reviewed. */
const LONGEST_DAYS = 7;
/** What is older has been told and reviewed as it was. */
const OLDEST_DAYS = 92;
const FURTHEST_DAYS = 92;

export function createBudgetCommands(deps: Deps): BudgetCommands {
  return {
    excludeTime: (request) => excludeTime(deps, request),
    endExclusion: (request) => endExclusion(deps, request),
  };
}

function invalid(where: string, sentence: string): RepriseError {
  return new RepriseError('input-invalid', sentence, { where });
}

function reasonOf(text: string): string {
  if (text.trim() === '') throw invalid('reason', 'What is left out of a budget has a reason.');
  return text.trim();
}

/** What the contract counts, and what was ever measured of it. */
async function subjectsOf(
  { budgets }: Pick<Deps, 'budgets'>,
  tx: Transaction,
  { contractId, counted, derivedStates }: WatchedContract,
  indicator: Indicator,
): Promise<readonly string[]> {
  if (indicator !== 'lag') return [''];
  const own = (await budgets.series(tx)).filter(
    (each) => each.contractId === contractId && each.indicator === indicator,
  );
  const expected = counted ?? derivedStates.map((name) => `state:${name}`);
  return [...new Set([...expected, ...own.map(({ subject }) => subject)])].toSorted();
}

function refuseUnknown(subjects: readonly string[], indicator: Indicator, subject: string): void {
  if (subjects.includes(subject)) return;
  throw invalid(
    'subject',
    indicator === 'lag'
      ? `No lag budget is of ${subject}. There are: ${subjects.join(', ')}.`
      : `The budget of ${indicator} has no subjects: leave it out.`,
  );
}

function excludeTime(deps: Deps, request: ExcludeRequest): Promise<{ readonly exclusionId: string }> {
  const { contractId, indicator, subject, actor } = request;
  return deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, actor, 'respond');
    const contract = (await deps.budgets.watched(tx)).find((each) => each.contractId === contractId);
    if (contract === undefined)
      throw new RepriseError('contract-not-found', `There is no contract ${contractId}.`);
    if (indicator === null && subject !== null)
      throw invalid('subject', `A subject belongs to an indicator: ${indicators.join(', ')}.`);
    const span = toFullMinutes({ fromMs: request.from.getTime(), toMs: request.to.getTime() });
    const nowMs = deps.clock.now().getTime();
    if (span.toMs <= span.fromMs) throw invalid('to', 'It ends before it begins.');
    if (span.toMs - span.fromMs > LONGEST_DAYS * DAY_MS)
      throw invalid(
        'to',
        `It is longer than ${LONGEST_DAYS} days. A larger budget is written into the contract.`,
      );
    if (span.fromMs < nowMs - OLDEST_DAYS * DAY_MS)
      throw invalid('from', `It begins more than ${OLDEST_DAYS} days ago, which is told by now.`);
    if (span.fromMs > nowMs + FURTHEST_DAYS * DAY_MS)
      throw invalid(
        'from',
        `It begins more than ${FURTHEST_DAYS} days ahead: leave it out when it is nearer.`,
      );
    if (indicator !== null && subject !== null)
      refuseUnknown(await subjectsOf(deps, tx, contract, indicator), indicator, subject);
    const reason = reasonOf(request.reason);
    const id = deps.newId();
    await deps.budgets.exclude(tx, { id, contractId, indicator, subject, ...span, reason, personId: actor });
    await deps.audit.append(tx, {
      actor,
      action: 'budget.time-excluded',
      subject: `contract:${contractId}`,
      outcome: 'done',
      detail: {
        exclusionId: id,
        indicator,
        subject,
        from: new Date(span.fromMs).toISOString(),
        to: new Date(span.toMs).toISOString(),
        reason,
        // What was spent by then was known to whoever left it out.
        afterwards: span.fromMs < nowMs,
      },
    });
    await deps.live.notify(tx, 'budgets');
    return { exclusionId: id };
  });
}

function endExclusion(deps: Deps, request: EndExclusionRequest): Promise<void> {
  const { exclusionId, kind, actor } = request;
  return deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, actor, 'respond');
    const found = await deps.budgets.exclusion(tx, exclusionId);
    if (found === null)
      throw new RepriseError('exclusion-not-found', 'There is no such time left out of a budget.', {
        where: exclusionId,
      });
    const now = deps.clock.now().getTime();
    const effective = effectiveSpan(found);
    if (effective === null)
      throw new RepriseError('exclusion-ended', 'It counts for nothing already: it was revoked or ended.');
    if (kind === 'ended' && effective.toMs <= now)
      throw new RepriseError(
        'exclusion-ended',
        'It is over already. Revoke it to have all of it count again.',
      );
    const atMs = toFullMinutes({ fromMs: now, toMs: now }).toMs;
    const reason = reasonOf(request.reason);
    await deps.budgets.endExclusion(tx, {
      id: deps.newId(),
      exclusionId,
      kind,
      atMs,
      reason,
      personId: actor,
    });
    await deps.audit.append(tx, {
      actor,
      action: kind === 'ended' ? 'budget.exclusion-ended' : 'budget.exclusion-revoked',
      subject: `contract:${found.contractId}`,
      outcome: 'done',
      detail: { exclusionId, at: new Date(atMs).toISOString(), reason },
    });
    await deps.live.notify(tx, 'budgets');
  });
}
