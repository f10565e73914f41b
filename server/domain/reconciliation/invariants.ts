import type { EngineContract, Invariant } from '../contract/index.ts';
import { isPromise, refusePromise, sentenceOf } from '../replay/index.ts';
import type { InvariantResult } from './types.ts';

/** Failing keys that are named; the count is exact. */
const named = 100;

const noKey = 'No key was replayed, so that there was none to check.';

type Running = {
  readonly name: string;
  readonly invariant: Exclude<Invariant<unknown>, { over: 'sql' }>;
  sum: number;
  keys: number;
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

/**
 * A predicate that throws, or that answers neither true nor false (a promise would pass for true), has not passed:
 * its result is could-not-run, with why. Where the replay holds only part of the keys, `partOfTheKeys` says why, and
 * what is asked of all of them together is not applicable: half of a sum would pass or fail by accident. Where it
 * holds none at all, neither is what is asked of each.
 */
export function startInvariantCheck(contract: EngineContract, partOfTheKeys: string | null): InvariantCheck {
  const entries = Object.entries(contract.invariants);
  const isApplicable = (invariant: Invariant<unknown>) => invariant.over === 'key' || partOfTheKeys === null;
  const running = entries.flatMap(([name, invariant]): Running[] =>
    invariant.over !== 'sql' && isApplicable(invariant) ? [start(name, invariant)] : [],
  );
  const notApplicable = entries.flatMap(([name, invariant]): InvariantResult[] =>
    invariant.over !== 'sql' && !isApplicable(invariant)
      ? [
          {
            name,
            over: invariant.over,
            outcome: 'not-applicable',
            failingKeys: [],
            failing: 0,
            problem: partOfTheKeys,
          },
        ]
      : [],
  );
  return {
    add: (key, state) => {
      for (const each of running) addKey(each, key, state);
    },
    results: () => [...running.map(resultOf), ...notApplicable],
  };
}

function start(name: string, invariant: Running['invariant']): Running {
  const each: Running = { name, invariant, sum: 0, keys: 0, failing: 0, failingKeys: [], problem: null };
  if (invariant.over === 'whole') attempt(each, 'at the start', () => setSum(each, invariant.start()));
  return each;
}

function addKey(each: Running, key: string, state: unknown): void {
  const { invariant } = each;
  each.keys += 1;
  if (each.problem !== null) return;
  attempt(each, `at key ${key}`, () => {
    if (invariant.over === 'whole') setSum(each, invariant.add(each.sum, state, key));
    else if (!yesOrNo(invariant.holds(state, key))) {
      each.failing += 1;
      if (each.failingKeys.length < named) each.failingKeys.push(key);
    }
  });
}

function resultOf(each: Running): InvariantResult {
  const { name, invariant } = each;
  if (each.problem === null && invariant.over === 'whole') {
    attempt(each, 'at the end', () => {
      each.failing = yesOrNo(invariant.holds(each.sum)) ? 0 : 1;
    });
  }
  // Held for every key of none, it would be as true as its opposite.
  if (invariant.over === 'key' && each.keys === 0)
    return { name, over: 'key', outcome: 'not-applicable', failingKeys: [], failing: 0, problem: noKey };
  return {
    name,
    over: invariant.over,
    outcome: each.problem !== null ? 'could-not-run' : each.failing > 0 ? 'failed' : 'passed',
    failingKeys: each.failingKeys,
    failing: each.failing,
    problem: each.problem,
  };
}

function attempt(each: Running, place: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    each.problem = `it failed ${place}: ${sentenceOf(error)}`;
  }
}

function setSum(each: Running, sum: unknown): void {
  if (typeof sum !== 'number')
    throw new TypeError(isPromise(sum) ? `it ${refusePromise(sum)}` : 'the sum is no number');
  each.sum = sum;
}

function yesOrNo(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new TypeError(
    isPromise(answer) ? `it ${refusePromise(answer)}` : 'it answered neither true nor false',
  );
}
