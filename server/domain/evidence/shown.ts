import type { Comparison, InvariantResult } from '../reconciliation/index.ts';
import type { Plan } from '../replay/index.ts';
import type { Cuts } from './cuts.ts';
import { changedByState } from './outcome-counts.ts';
import type { ReplayFacts } from './record.ts';

/** Authors are names of people; the bundle's digest says whose version it is. */
export function contractShown({ description, ...contract }: ReplayFacts['contract'], cuts: Cuts) {
  if (description === null) return { ...contract, compaction: null, description: null };
  const { authors: _, watch: __, ...shown } = description;
  return {
    ...contract,
    // The verdict follows from it, also where the description is too long.
    compaction: shown.compaction,
    description: cuts.value('contract.description', shown),
  };
}

/**
 * A key may name a person: a scope by keys stands here with their number, and the plan hash covers them. So it does
 * their salt, which would let a guessed key be confirmed by the hash.
 */
export function planShown({ salt: _, ...plan }: Plan, cuts: Cuts) {
  return {
    ...plan,
    scope: scopeShown(plan.scope, cuts),
    ranges: cuts.list('plan.ranges', plan.ranges),
    ...(plan.unread === undefined ? {} : { unread: cuts.list('plan.unread', plan.unread) }),
    compare: cuts.list('plan.compare', plan.compare),
    ...(plan.waivers === undefined ? {} : { waivers: cuts.list('plan.waivers', plan.waivers) }),
  };
}

function scopeShown(scope: Plan['scope'], cuts: Cuts) {
  switch (scope.kind) {
    case 'keys':
      return { kind: scope.kind, key_count: scope.keys.length };
    case 'partitions':
      return { ...scope, partitions: cuts.list('plan.scope.partitions', scope.partitions) };
    case 'offsets':
      return { ...scope, ranges: cuts.list('plan.scope.ranges', scope.ranges) };
    case 'all':
    case 'time':
      return scope;
  }
}

/** Each has a position for every partition: these are a part of their own, so that a long plan costs no comparison. */
export function comparisonsShown(comparisons: readonly Comparison[], cuts: Cuts) {
  const whole = comparisons.map(({ problem: _, ...rest }) => rest);
  const short = whole.map(({ appliedPositions: _, ...rest }) => rest);
  const shown = cuts.list('comparisons', short, whole);
  const positions = cuts.lists(
    'comparisons.appliedPositions',
    whole.slice(0, shown.length).map((each) => each.appliedPositions),
    whole.map(({ derivedState, appliedPositions }) => ({ derivedState, appliedPositions })),
  );
  return shown.map((each, at) => ({ ...each, appliedPositions: positions[at] ?? [] }));
}

export function invariantsShown(invariants: readonly InvariantResult[], cuts: Cuts) {
  return cuts.list(
    'invariants',
    invariants.map(({ failingKeys: _, problem: __, ...rest }) => rest),
  );
}

/** Keys whose live value differs from history, per derived state and in total. */
export function changesShown(comparisons: readonly Comparison[], cuts: Cuts) {
  const by = changedByState(comparisons);
  return {
    total: Object.values(by).reduce((sum, each) => sum + each, 0),
    by_derived_state: cuts.record('projections_changed.by_derived_state', by),
  };
}
