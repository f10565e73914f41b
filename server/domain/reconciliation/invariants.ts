import type { EngineContract, Invariant } from '../contract/index.ts';
import type { InvariantResult } from './types.ts';

/** Failing keys that are named; the count is exact. */
const named = 100;

type Running = {
  readonly name: string;
  readonly invariant: Exclude<Invariant<unknown>, { over: 'sql' }>;
  sum: number;
  failing: number;
  readonly failingKeys: string[];
  problem: string | null;
};

/** Checks the invariants over the replayed state, one key at a time, in one pass. */
export type InvariantCheck = {
  add(key: string, state: unknown): void;
  /** One result per invariant over keys or the whole; those over SQL are run elsewhere. */
  results(): readonly InvariantResult[];
};

/** A predicate that throws has not passed: its result is could-not-run, with what it threw. */
export function startInvariantCheck(contract: EngineContract): InvariantCheck {
  const running = Object.entries(contract.invariants).flatMap(([name, invariant]): Running[] =>
    invariant.over === 'sql'
      ? []
      : [{ name, invariant, sum: startOf(invariant), failing: 0, failingKeys: [], problem: null }],
  );
  return {
    add: (key, state) => {
      for (const each of running) addKey(each, key, state);
    },
    results: () => running.map(resultOf),
  };
}

function startOf(invariant: Running['invariant']): number {
  return invariant.over === 'whole' ? invariant.start() : 0;
}

function addKey(each: Running, key: string, state: unknown): void {
  if (each.problem !== null) return;
  try {
    if (each.invariant.over === 'whole') {
      each.sum = each.invariant.add(each.sum, state, key);
    } else if (!each.invariant.holds(state, key)) {
      each.failing += 1;
      if (each.failingKeys.length < named) each.failingKeys.push(key);
    }
  } catch (error) {
    each.problem = `it threw at key ${key}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function resultOf(each: Running): InvariantResult {
  const { name, invariant } = each;
  if (each.problem === null && invariant.over === 'whole') {
    try {
      each.failing = invariant.holds(each.sum) ? 0 : 1;
    } catch (error) {
      each.problem = `it threw at the end: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return {
    name,
    over: invariant.over,
    outcome: each.problem !== null ? 'could-not-run' : each.failing > 0 ? 'failed' : 'passed',
    failingKeys: each.failingKeys,
    failing: each.failing,
    problem: each.problem,
  };
}
