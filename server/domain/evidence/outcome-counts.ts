import type { Comparison, InvariantOutcome, InvariantResult } from '../reconciliation/index.ts';

/** Of all comparisons, also where a record does not list each. */
export function countComparisons(comparisons: readonly Pick<Comparison, 'outcome'>[]) {
  const count = (outcome: Comparison['outcome']) =>
    comparisons.filter((each) => each.outcome === outcome).length;
  return {
    equal: count('equal'),
    behind: count('behind'),
    different: count('different'),
    could_not_compare: count('could-not-compare'),
  };
}

/** Of all invariants by what they are over, also where a record does not list each: a verdict follows from these. */
export function countInvariants(invariants: readonly Pick<InvariantResult, 'over' | 'outcome'>[]) {
  const outcomes = (over: InvariantResult['over']) => {
    const count = (outcome: InvariantOutcome) =>
      invariants.filter((each) => each.over === over && each.outcome === outcome).length;
    return {
      passed: count('passed'),
      failed: count('failed'),
      could_not_run: count('could-not-run'),
      not_applicable: count('not-applicable'),
    };
  };
  return { key: outcomes('key'), whole: outcomes('whole'), sql: outcomes('sql') };
}

/** Keys whose live value differs from history, by derived state. */
export function changedByState(comparisons: readonly Comparison[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    comparisons.map((each) => [each.derivedState, each.missing + each.extra + each.different]),
  );
}

/** Failed invariants over the replayed state; those over live stores belong to agreement. */
export function reconciliationFailures(invariants: readonly InvariantResult[]): number {
  return invariants.filter((each) => each.over !== 'sql' && each.outcome === 'failed').length;
}
