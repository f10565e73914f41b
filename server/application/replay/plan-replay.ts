import type { EngineContract } from '../../domain/contract/index.ts';
import type { Coverage, PlanFacts } from '../../domain/replay/index.ts';
import {
  describeCoverage,
  type HistoryState,
  type Plan,
  type PlanBase,
  type PlanRange,
  planHash,
  planText,
  resolvePlan,
  type Scope,
  whatBeganLater,
} from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { StoredContractVersion } from '../ports/contracts.ts';
import type { Asked } from '../ports/dashboard.ts';
import type { ArchiveBackedReader, HistoryReader, TransactionOrderedReader } from '../ports/history.ts';
import type { BaseCandidate } from '../ports/replay-store.ts';
import type { ReplayDeps } from './deps.ts';
import { newestRule } from './newest-rule.ts';
import { loadBundle, withHistory } from './open-contract.ts';

/** A scope that has been resolved: the plan, its bytes and hash, and what it was resolved from. */
export type ResolvedPlan = {
  readonly plan: Plan;
  readonly text: string;
  readonly hash: string;
  readonly contract: EngineContract;
  readonly coverage: Coverage;
};

export async function storedVersion(
  deps: ReplayDeps,
  contractId: string,
  version: number | undefined,
): Promise<StoredContractVersion> {
  const stored =
    version === undefined
      ? await deps.contracts.latest(contractId)
      : await deps.contracts.version(contractId, version);
  if (stored !== null) return stored;
  if (version === undefined || (await deps.contracts.latest(contractId)) === null) {
    throw new RepriseError('contract-not-found', `No contract "${contractId}" is registered.`);
  }
  throw new RepriseError('contract-version-not-found', `Contract "${contractId}" has no version ${version}.`);
}

/** Resolves a scope against the history as it stands now. Throws RepriseError with the reason of a refusal. */
export async function planReplay(
  deps: ReplayDeps,
  stored: StoredContractVersion,
  scope: Scope,
  asked: Asked = {},
): Promise<ResolvedPlan> {
  const contract = await loadBundle(deps.loader, {
    digest: stored.digest,
    bytes: stored.bundle,
    file: `${stored.contractId} version ${stored.version}`,
  });
  const newest = await newestRule(deps, stored);
  return withHistory(deps, contract, async ({ reader }) => {
    const history = await reader.describe();
    const now = deps.clock.now();
    const facts: PlanFacts = {
      contract,
      version: stored.version,
      bundleDigest: stored.digest,
      scope,
      history,
      timeOffsets: scope.kind === 'time' ? await timeOffsets(reader, scope) : null,
      archiveFrom: await archiveFrom(reader),
      neededFrom: await neededFrom(reader, contract, now),
      base: null,
      review: asked.review ?? false,
      latestApprovals: newest?.approvals ?? null,
      waivers: asked.waivers ?? [],
      salt: deps.newId(),
      now,
    };
    const base = await findBase(deps, facts, reader);
    const plan = resolvePlan({ ...facts, base });
    const text = planText(plan);
    return {
      plan,
      text,
      hash: planHash(text, deps.sha256),
      contract,
      coverage: coverageOf(plan, history, facts.archiveFrom),
    };
  });
}

export function coverageOf(
  plan: Plan,
  history: Pick<HistoryState, 'kind' | 'partitions'>,
  beginnings: PlanFacts['archiveFrom'],
): Coverage {
  return describeCoverage(history, plan.ranges, {
    ...(beginnings === null ? {} : { beginnings }),
    keysOnly: plan.scope.kind === 'keys' ? plan.scope.keys.length : null,
    hasBase: plan.base !== null,
    beganLater: whatBeganLater(plan),
  });
}

async function timeOffsets(
  reader: HistoryReader,
  scope: { readonly from: string; readonly to: string },
): Promise<NonNullable<PlanFacts['timeOffsets']>> {
  const [from, to] = await Promise.all(
    [scope.from, scope.to].map(async (instant) => {
      const offsets = await reader.offsetsAt(Date.parse(instant));
      return new Map(offsets.map((each) => [each.partition, each.offset]));
    }),
  );
  return { from: from ?? new Map(), to: to ?? new Map() };
}

const dayMs = 86_400_000;

/** Where the days begin that a contract needs; null where it needs everything. */
async function neededFrom(
  reader: HistoryReader,
  { history }: EngineContract,
  now: Date,
): Promise<PlanFacts['neededFrom']> {
  if (history.kind !== 'kafka' || history.retention === 'everything') return null;
  const offsets = await reader.offsetsAt(now.getTime() - history.retention.days * dayMs);
  return new Map(offsets.map((each) => [each.partition, each.offset]));
}

async function archiveFrom(reader: HistoryReader): Promise<ReadonlyMap<number, bigint> | null> {
  if (!isArchiveBacked(reader)) return null;
  return new Map((await reader.archiveReach()).map((reach) => [reach.partition, reach.from]));
}

export function isArchiveBacked(reader: HistoryReader): reader is ArchiveBackedReader {
  return 'archiveReach' in reader && typeof reader.archiveReach === 'function';
}

/** Stands for a base while it is found out from where one would be needed. It never leaves this module. */
const anyBase: PlanBase = { replayId: '', evidenceDigest: '', shadowDigest: '', visibleBefore: null };

/**
 * A scope that starts later needs an earlier trusted replay of the same bundle that ends exactly there. The
 * latest one that fits is taken; null where none is needed, or none fits (resolvePlan then says so).
 */
async function findBase(deps: ReplayDeps, facts: PlanFacts, reader: HistoryReader): Promise<PlanBase | null> {
  const wanted = resolvePlan({ ...facts, base: anyBase });
  const later = wanted.ranges.filter(
    (range) => BigInt(range.from) > firstOffset(facts.history, range.partition),
  );
  if (later.length === 0) return null;
  const candidates = await deps.unitOfWork.run((tx) =>
    deps.replays.baseCandidates(tx, wanted.contract.id, wanted.contract.bundleDigest),
  );
  const fitting = candidates.filter((candidate) => fits(candidate, wanted, later));
  const found = isEventTable(reader) ? await withoutLateRow(reader, fitting, wanted) : fitting[0];
  if (found === undefined) return null;
  return {
    replayId: found.replayId,
    evidenceDigest: found.evidenceDigest,
    shadowDigest: found.shadowDigest,
    visibleBefore: found.plan.history.visibleBefore,
  };
}

function isEventTable(reader: HistoryReader): reader is HistoryReader & TransactionOrderedReader {
  return 'firstLate' in reader && typeof reader.firstLate === 'function';
}

/**
 * Of an event table's bases the first one below whose end no row has become final since it was planned. Then the
 * rows that the base holds and those from its end on are all the rows there are, in order of position, and going on
 * ends where a replay of the whole would. A row that came late stands before others that are folded already: with
 * it, no less would have to be read again than the whole.
 */
async function withoutLateRow(
  reader: TransactionOrderedReader,
  fitting: readonly BaseCandidate[],
  wanted: Plan,
): Promise<BaseCandidate | undefined> {
  const end = BigInt(wanted.ranges[0]?.from ?? 0);
  const before = BigInt(wanted.history.visibleBefore ?? 0);
  let first: bigint | null = null;
  for (const candidate of fitting) {
    const late = await reader.firstLate(end, BigInt(candidate.plan.history.visibleBefore ?? 0), before);
    if (late === null) return candidate;
    first = first === null || late > first ? late : first;
  }
  if (first === null) return undefined;
  throw new RepriseError(
    'base-unfit',
    `The row at position ${first} of ${wanted.history.name} has committed since the replay that ends at ${end}, and stands before its end: that replay does not hold it, and order would be lost by folding it now. Replay the whole table, or go on from a replay that ends at ${first} or before.`,
    { where: `${wanted.history.name}@${first}` },
  );
}

function firstOffset(history: HistoryState, partition: number): bigint {
  if (history.kind === 'kafka') return 0n;
  const state = history.partitions.find((each) => each.partition === partition);
  return BigInt(state?.logStart ?? 0);
}

function fits(candidate: BaseCandidate, wanted: Plan, later: Plan['ranges']): boolean {
  const { plan } = candidate;
  if (plan.history.identity !== wanted.history.identity || plan.scope.kind === 'keys') return false;
  const endOf = new Map(plan.ranges.map((range) => [range.partition, range.to]));
  const isFirst = (range: PlanRange) =>
    range.from === '0' || (plan.history.kind === 'postgres' && range.from === range.logStart);
  // What the base does not reach back to itself, its own base does.
  const fromStart = plan.base !== null || plan.ranges.every(isFirst);
  return (
    fromStart &&
    later.every((range) => endOf.get(range.partition) === range.from) &&
    wanted.ranges.every((range) => range.from !== '0' || (endOf.get(range.partition) ?? '0') === '0')
  );
}
