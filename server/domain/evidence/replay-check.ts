import type { z } from 'zod';
import { leavesHistoryOpen } from '../reconciliation/index.ts';
import {
  assessAgreement,
  type Coverage,
  describeCoverage,
  eventsProcessed,
  whatBeganLater,
  withDelivered,
} from '../replay/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { whyNotCarriedOut } from './carried-out.ts';
import { changedByState, countComparisons } from './outcome-counts.ts';
import type { replayPredicate } from './replay-predicate.schema.ts';

type Predicate = z.output<typeof replayPredicate>;

/**
 * Why agreement, coverage or a figure of a replay's record does not follow from its other fields, or what it says was
 * done is not what its plan says; null where everything follows that can be recomputed from the record alone.
 * `checkVerdict` does the same for confidence.
 */
export function whyNotFollows(predicate: Predicate): string | null {
  return (
    figures(predicate) ??
    comparisonsCounted(predicate) ??
    agreement(predicate) ??
    whyNotCarriedOut(predicate) ??
    coverage(predicate)
  );
}

function figures(predicate: Predicate): string | null {
  const { counters, invariant_outcomes: outcomes, projections_changed: changed, comparisons } = predicate;
  const same: readonly (readonly [string, number, number])[] = [
    ['events_processed', predicate.events_processed, eventsProcessed(counters)],
    ['duplicates_skipped', predicate.duplicates_skipped, counters.duplicates],
    ['conflicting_duplicates', predicate.conflicting_duplicates, counters.conflictingDuplicates],
    [
      'reconciliation_failures',
      predicate.reconciliation_failures,
      outcomes.key.failed + outcomes.whole.failed,
    ],
    ...(isCut(predicate, 'comparisons') || isCut(predicate, 'projections_changed.by_derived_state')
      ? []
      : [
          ['projections_changed.total', changed.total, sum(Object.values(changed.by_derived_state))] as const,
        ]),
  ];
  for (const [name, said, found] of same)
    if (said !== found) return `The record says ${said} for ${name}; its other fields give ${found}.`;
  if (isCut(predicate, 'comparisons') || isCut(predicate, 'projections_changed.by_derived_state'))
    return null;
  const problemless = comparisons.map((each) => ({ ...each, problem: null }));
  return canonicalJson(changed.by_derived_state) === canonicalJson(changedByState(problemless))
    ? null
    : 'The keys that the record says have changed are not those of its comparisons.';
}

/** What is counted by outcome has to hold at least what is listed, and all of it where the list is whole. */
function comparisonsCounted(predicate: Predicate): string | null {
  const { comparisons, comparison_outcomes: counted } = predicate;
  const listed = countComparisons(comparisons);
  const all = predicate.attachments.find(({ of }) => of === 'comparisons')?.count ?? comparisons.length;
  const outcomes = ['equal', 'behind', 'different', 'could_not_compare'] as const;
  const holds =
    sum(Object.values(counted)) === all && outcomes.every((outcome) => listed[outcome] <= counted[outcome]);
  if (!holds) return 'The counts of its comparisons are not those of the comparisons that it lists.';
  const toleratesCompaction = predicate.contract.compaction === 'last-value';
  const glossed = comparisons.find(
    ({ outcome, layerDoubts = {} }) =>
      (outcome === 'equal' || outcome === 'behind') && leavesHistoryOpen(layerDoubts, toleratesCompaction),
  );
  return glossed === undefined
    ? null
    : `The record calls ${glossed.derivedState} ${glossed.outcome}, and leaves open what history says there.`;
}

function agreement(predicate: Predicate): string | null {
  const { status, agreement: said, comparison_outcomes: counted, invariant_outcomes: invariants } = predicate;
  if (status !== 'finished')
    return said === null ? null : `The record says ${said}, and that the replay did not finish.`;
  const found = assessAgreement({
    comparisons: [
      ...some('equal', counted.equal),
      ...some('behind', counted.behind),
      ...some('different', counted.different),
      ...some('could-not-compare', counted.could_not_compare),
    ],
    liveInvariants: { failed: invariants.sql.failed, couldNotRun: invariants.sql.could_not_run },
  });
  return said === found ? null : `The record says ${said}; its other fields say ${found}.`;
}

/** One stands for all: a record may count more than anybody would list. */
const some = <Outcome extends string>(outcome: Outcome, count: number) => (count > 0 ? [{ outcome }] : []);

/** Recomputed, but for a plan that does not say how long the partitions are that it does not read: there it is bounded. */
function coverage(predicate: Predicate): string | null {
  const { plan, coverage: said, status, counters } = predicate;
  if (said === null || plan === null) return null;
  if (said.partitions.of !== plan.history.partitionCount)
    return 'The coverage is of another number of partitions than the history has.';
  if (isCut(predicate, 'plan.ranges') || isCut(predicate, 'plan.unread')) return null;
  const { unread = [] } = plan;
  const unknown = plan.history.partitionCount - plan.ranges.length - unread.length;
  if (plan.unread !== undefined && unknown !== 0)
    return 'The plan is about another number of partitions than the history has.';
  const keysOnly = plan.scope.kind === 'keys' ? plan.scope.key_count : null;
  const history = {
    kind: plan.history.kind,
    partitions: [...plan.ranges, ...unread].map((each) => ({ ...each, highWatermark: each.lastStable })),
  };
  const beginnings = new Map(unread.map(({ partition, from }) => [partition, BigInt(from)]));
  const options = { keysOnly, hasBase: plan.base !== null, beganLater: whatBeganLater(plan), beginnings };
  const found = describeCoverage(history, plan.ranges, options);
  // A partition that is not read is covered only where nothing is in it.
  if (unknown > 0) {
    const most = found.partitions.covered + unknown;
    const isWhole = said.partitions.covered === said.partitions.of && keysOnly === null;
    const holds = said.partitions.covered <= most && (said.kind === 'whole') === isWhole;
    return holds ? null : 'The coverage is more than the plan reads.';
  }
  const isCounted = plan.history.kind === 'postgres' && status === 'finished';
  const told = (each: Coverage) => (isCounted ? withDelivered(each, eventsProcessed(counters)) : each);
  const expected = told(found);
  // Beside an archive a record counted from the start of the log once, and what it says stays as it was.
  const before = told(describeCoverage(history, plan.ranges, { ...options, ofLogAlone: true }));
  return [expected, before].some((each) => canonicalJson(said) === canonicalJson(each))
    ? null
    : `The record says of its coverage "${said.sentence}"; its plan gives "${expected.sentence}".`;
}

/** What a replay's record says that nothing in it tells, as a sentence; null where all of it can be recomputed. */
export function whatIsNotTold({ plan, coverage: said }: Predicate): string | null {
  const isTold =
    plan === null || plan.unread !== undefined || plan.ranges.length >= plan.history.partitionCount;
  return said === null || isTold
    ? null
    : 'How much of the history that is can not be told: its plan leaves out partitions, and does not say what was in them.';
}

const isCut = ({ attachments }: Predicate, part: string): boolean =>
  attachments.some(({ of }) => of === part);
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
