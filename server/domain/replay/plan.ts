import type { EngineContract } from '../contract/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { counted, grouped } from '../shared/counted.ts';
import type { Sha256 } from '../shared/digests.ts';
import { RepriseError } from '../shared/errors.ts';
import type { Sha256Hex } from '../shared/ids.ts';
import type {
  HistoryState,
  PartitionState,
  Plan,
  PlanBase,
  PlanRange,
  UnreadPartition,
  Waiver,
} from './plan-types.ts';
import type { Scope } from './scope.ts';
import { resolveWaivers } from './waivers.ts';

/** What planning has to know. Reading the history and finding a base is the caller's work. */
export type PlanFacts = {
  readonly contract: EngineContract;
  readonly version: number;
  readonly bundleDigest: string;
  readonly scope: Scope;
  readonly history: HistoryState;
  /** For a scope by time: first offset at or after each bound, per partition. */
  readonly timeOffsets: {
    readonly from: ReadonlyMap<number, bigint>;
    readonly to: ReadonlyMap<number, bigint>;
  } | null;
  /** Earliest offset that an archive holds, per partition; null where there is no archive. */
  readonly archiveFrom: ReadonlyMap<number, bigint> | null;
  /**
   * Where the contract needs the last days only: first offset at or after their beginning, per partition. A log that
   * was truncated holds them all only where it still holds a record before that. null: everything is needed.
   */
  readonly neededFrom: ReadonlyMap<number, bigint> | null;
  /** An earlier trusted replay that ends exactly where this scope begins, if there is one. */
  readonly base: PlanBase | null;
  /** Whoever asks wants it approved, also where the contract does not. */
  readonly review: boolean;
  /** What the contract's newest version asks for, where an older one is planned: nobody picks a laxer rule. */
  readonly latestApprovals: EngineContract['approvals'] | null;
  /** Records that may be quarantined, as they were asked for. */
  readonly waivers: readonly Waiver[];
  /** Random, another one each time. */
  readonly salt: string;
  readonly now: Date;
};

type Range = { readonly partition: number; readonly from: bigint; readonly to: bigint };

/**
 * Resolves a scope to `[from, to)` per partition and freezes it. Throws a RepriseError that names what is wrong:
 * scope-not-allowed, scope-invalid, history-truncated (with the exact missing range), base-required.
 */
export function resolvePlan(facts: PlanFacts): Plan {
  const { contract, history, scope } = facts;
  refuseForbiddenScope(contract, scope);
  refuseUnorderedRouting(contract, history);
  const ranges = resolveRanges(facts).map((range) => withArchive(range, facts));
  const estimate = ranges.reduce((sum, range) => sum + BigInt(range.to) - BigInt(range.from), 0n);
  if (estimate === 0n) {
    throw new RepriseError(
      'scope-invalid',
      'This scope reads nothing: choose one that holds at least one event.',
      { where: 'scope' },
    );
  }
  const waivers = resolveWaivers(facts.waivers, ranges);
  const unread = unreadPartitions(ranges, facts);
  const { maxEvents } = contract.scope;
  if (maxEvents !== null && estimate > BigInt(maxEvents)) {
    throw new RepriseError(
      'scope-not-allowed',
      `This scope reads about ${counted(estimate, 'event')}; the contract allows ${grouped(maxEvents)} at once. Choose a smaller scope or raise scope.maxEvents.`,
      { where: 'scope.maxEvents' },
    );
  }
  return {
    format: 'reprise.plan/v1',
    contract: { id: contract.id, version: facts.version, bundleDigest: facts.bundleDigest },
    scope,
    history: {
      kind: history.kind,
      name: history.name,
      identity: history.identity,
      visibleBefore: history.visibleBefore,
      partitionCount: history.partitions.length,
      cleanupPolicy: history.cleanupPolicy,
    },
    ranges,
    ...(unread.length > 0 ? { unread } : {}),
    base: facts.base,
    compare: Object.keys(contract.derivedStates).toSorted(),
    eventEstimate: estimate.toString(),
    // A record that is waived is somebody's decision, and never that of who asks for it.
    approvalsNeeded: approvalsNeeded(
      [contract.approvals, facts.latestApprovals],
      estimate,
      facts.review || waivers.length > 0,
    ),
    ...(waivers.length > 0 ? { waivers } : {}),
    ...(scope.kind === 'keys' ? { salt: facts.salt } : {}),
    plannedAt: facts.now.toISOString(),
  };
}

/** What the contract asks for, within its free limits nothing; and one more pair of eyes where somebody wants them. */
function approvalsNeeded(
  rules: readonly (EngineContract['approvals'] | null)[],
  estimate: bigint,
  review: boolean,
): number {
  const asked = rules.map((rule) => (rule === null ? 0 : approvalsAskedBy(rule, estimate)));
  return Math.max(...asked, review ? 1 : 0);
}

/** What a rule asks for, of a replay that reads about so many events. */
export function approvalsAskedBy(rule: EngineContract['approvals'], events: bigint): number {
  const isFree = rule.freeUpToEvents !== null && events <= BigInt(rule.freeUpToEvents);
  return isFree ? 0 : rule.replay;
}

function refuseForbiddenScope(contract: EngineContract, scope: Scope): void {
  if (contract.scope.allow.includes(scope.kind)) return;
  throw new RepriseError(
    'scope-not-allowed',
    `The contract allows scopes by ${contract.scope.allow.join(', ')}, not by ${scope.kind}.`,
    { where: 'scope.allow' },
  );
}

/** Events that touch several keys need one total order: several partitions have none between them. */
function refuseUnorderedRouting(contract: EngineContract, history: HistoryState): void {
  if (!contract.projection.route || history.partitions.length === 1) return;
  throw new RepriseError(
    'scope-not-allowed',
    `The projection routes events to several keys, but ${history.name} has ${history.partitions.length} partitions and so no total order. Key the events so that each touches one, or use a history with one partition.`,
    { where: 'projection.route' },
  );
}

function resolveRanges(facts: PlanFacts): readonly Range[] {
  const { history, scope } = facts;
  switch (scope.kind) {
    case 'all':
    case 'keys':
      return history.partitions.map((partition) => fromStart(partition, facts));
    case 'partitions':
      return [...new Set(scope.partitions)]
        .toSorted((a, b) => a - b)
        .map((number) => fromStart(partitionOf(history, number), facts));
    case 'offsets':
      return explicitRanges(facts, scope.ranges);
    case 'time':
      return timeRanges(facts);
  }
}

function partitionOf(history: HistoryState, number: number): PartitionState {
  const found = history.partitions.find((each) => each.partition === number);
  if (found) return found;
  throw new RepriseError(
    'scope-invalid',
    `${history.name} has no partition ${number}; it has ${history.partitions.length}, numbered from 0.`,
    { where: `partition ${number}` },
  );
}

/** The beginning of what can be had of a partition: 0 or the first position, from the archive where retention has cut. */
function beginningOf(partition: PartitionState, facts: PlanFacts): bigint {
  const archived = facts.archiveFrom?.get(partition.partition);
  const logStart = BigInt(partition.logStart);
  return archived !== undefined && archived < logStart ? archived : logStart;
}

function fromStart(partition: PartitionState, facts: PlanFacts): Range {
  refuseLaterBeginning(facts, partition);
  const from = beginningOf(partition, facts);
  return { partition: partition.partition, from, to: BigInt(partition.lastStable) };
}

/** A topic whose beginning is gone, for a fold without a base: the contract says what it needs of that. */
function refuseLaterBeginning(facts: PlanFacts, partition: PartitionState): void {
  const beginning = beginningOf(partition, facts);
  const { history } = facts.contract;
  if (beginning === 0n || history.kind !== 'kafka') return;
  if (history.retention === 'everything')
    throw truncated(facts.history.name, partition.partition, 0n, beginning);
  refuseTooShort(facts, partition.partition, beginning, history.retention.days);
}

/**
 * Whether the days that a contract needs are still there can be told by a record that is older than they are. Without
 * one, what is gone may have been of these days: that is refused, and not taken for a quiet partition.
 */
function refuseTooShort(facts: PlanFacts, partition: number, from: bigint, days: number): void {
  const needed = facts.neededFrom?.get(partition);
  if (needed !== undefined && needed > from) return;
  const { name } = facts.history;
  throw new RepriseError(
    'history-truncated',
    `History is missing: ${name} partition ${partition} begins at offset ${from}, and holds no record from before the last ${days} days, so that nothing shows these to be whole. Have the topic keep more than the contract needs, name an archive, or lower history.retention in the contract.`,
    { where: `${name}/${partition}@0-${from}` },
  );
}

function truncated(name: string, partition: number, from: bigint, to: bigint): RepriseError {
  return new RepriseError(
    'history-truncated',
    `History is missing: ${name} partition ${partition} no longer holds offsets ${from} to ${to - 1n}. Restore them from an archive, or choose a scope that starts at ${to} with a base.`,
    { where: `${name}/${partition}@${from}-${to}` },
  );
}

function explicitRanges(
  facts: PlanFacts,
  wanted: readonly { partition: number; from: string; to: string }[],
): readonly Range[] {
  const ranges = wanted.map((each) => ({
    partition: each.partition,
    from: BigInt(each.from),
    to: BigInt(each.to),
  }));
  const twice = ranges.find(
    (range, at) => ranges.findIndex((other) => other.partition === range.partition) !== at,
  );
  if (twice) {
    throw new RepriseError('scope-invalid', `Partition ${twice.partition} has two ranges; give it one.`, {
      where: `partition ${twice.partition}`,
    });
  }
  for (const range of ranges) checkRange(facts, range);
  return ranges.toSorted((a, b) => a.partition - b.partition);
}

function checkRange(facts: PlanFacts, range: Range): void {
  const partition = partitionOf(facts.history, range.partition);
  const where = `${facts.history.name}/${range.partition}@${range.from}-${range.to}`;
  if (range.from >= range.to) {
    throw new RepriseError(
      'scope-invalid',
      `The range ${range.from}–${range.to} of partition ${range.partition} reads nothing.`,
      { where },
    );
  }
  const end = BigInt(partition.lastStable);
  if (range.to > end) {
    throw new RepriseError(
      'scope-invalid',
      `Partition ${range.partition} can be read up to ${end}, its last stable offset; the scope asks for ${range.to}.`,
      { where },
    );
  }
  const beginning = beginningOf(partition, facts);
  if (range.from < beginning && facts.history.kind === 'postgres')
    throw new RepriseError(
      'scope-invalid',
      `The first row of ${facts.history.name} stands at position ${beginning}; the scope begins at ${range.from}. Begin it there.`,
      { where },
    );
  if (range.from < beginning) throw truncated(facts.history.name, range.partition, range.from, beginning);
  refuseWithoutBase(facts, partition, range);
}

/**
 * A fold from the middle of a history would start from the wrong state. One from the beginning of a truncated log
 * needs no base that nobody could build any more: what the contract says of a replay of everything holds for it.
 */
function refuseWithoutBase(facts: PlanFacts, partition: PartitionState, range: Range): void {
  if (facts.base !== null) return;
  refuseLaterBeginning(facts, partition);
  const beginning = beginningOf(partition, facts);
  if (range.from <= beginning) return;
  const isWhole = facts.history.kind === 'postgres' || beginning === 0n;
  const remedy = isWhole
    ? `Replay ${beginning}–${range.from} first under the same contract version; a trusted replay that ends there is the base.`
    : `Offsets 0 to ${beginning - 1n} are gone, so that no base can be built: begin the scope at ${beginning}, where the history does now.`;
  throw new RepriseError(
    'base-required',
    `Partition ${range.partition} would be folded from ${range.from} on, without what stands before it. ${remedy}`,
    { where: `${facts.history.name}/${range.partition}@${range.from}` },
  );
}

function timeRanges(facts: PlanFacts): readonly Range[] {
  const { timeOffsets, history } = facts;
  if (!timeOffsets)
    throw new RepriseError('scope-invalid', 'The instants of this scope were not resolved to offsets.', {
      where: 'scope.time',
    });
  const ranges = history.partitions.map((partition) => {
    const end = BigInt(partition.lastStable);
    const from = timeOffsets.from.get(partition.partition) ?? end;
    const to = timeOffsets.to.get(partition.partition) ?? end;
    return { partition: partition.partition, from: from > end ? end : from, to: to > end ? end : to };
  });
  const filled = ranges.filter((range) => range.to > range.from);
  for (const range of filled) refuseWithoutBase(facts, partitionOf(history, range.partition), range);
  return filled;
}

function withArchive(range: Range, facts: PlanFacts): PlanRange {
  const partition = partitionOf(facts.history, range.partition);
  const logStart = BigInt(partition.logStart);
  const cut = range.from < logStart ? (range.to < logStart ? range.to : logStart) : null;
  return {
    partition: range.partition,
    from: range.from.toString(),
    to: range.to.toString(),
    logStart: partition.logStart,
    lastStable: partition.lastStable,
    archiveUntil: cut === null ? null : cut.toString(),
  };
}

function unreadPartitions(ranges: readonly PlanRange[], facts: PlanFacts): readonly UnreadPartition[] {
  const read = new Set(ranges.map(({ partition }) => partition));
  return facts.history.partitions
    .filter(({ partition }) => !read.has(partition))
    .toSorted((a, b) => a.partition - b.partition)
    .map((partition) => ({
      partition: partition.partition,
      from: beginningOf(partition, facts).toString(),
      logStart: partition.logStart,
      lastStable: partition.lastStable,
    }));
}

/**
 * Where the history of a range's keys begins: at `from`, or at the history's own beginning where a base has folded
 * what stands before.
 */
export function historyStart({ base, history }: Plan, range: PlanRange): bigint {
  if (base === null) return BigInt(range.from);
  return history.kind === 'kafka' ? 0n : BigInt(range.logStart);
}

/** The bytes that are hashed and stored. */
export function planText(plan: Plan): string {
  return canonicalJson(plan);
}

/** SHA-256 of the plan's canonical JSON: what is approved. */
export function planHash(text: string, sha256: Sha256): Sha256Hex {
  return sha256(text);
}

/** What differs between two plans of a contract, as sentences a person can read. */
export function diffPlans(before: Plan, after: Plan): readonly string[] {
  const changes: string[] = [];
  if (before.contract.version !== after.contract.version) {
    changes.push(`Contract version ${before.contract.version} → ${after.contract.version}.`);
  }
  if (before.history.identity !== after.history.identity)
    changes.push('The history was recreated under the same name.');
  if (canonicalJson(before.scope) !== canonicalJson(after.scope))
    changes.push(`Scope: ${before.scope.kind} → ${after.scope.kind}.`);
  for (const range of after.ranges) {
    const old = before.ranges.find((each) => each.partition === range.partition);
    if (!old) changes.push(`Partition ${range.partition} is new: ${range.from}–${range.to}.`);
    else if (old.from !== range.from || old.to !== range.to) {
      changes.push(`Partition ${range.partition}: ${old.from}–${old.to} → ${range.from}–${range.to}.`);
    }
  }
  for (const old of before.ranges) {
    if (!after.ranges.some((each) => each.partition === old.partition))
      changes.push(`Partition ${old.partition} is no longer read.`);
  }
  return changes;
}
