import { describe, expect, it } from 'vitest';
import type { EngineContract } from '../contract/index.ts';
import { stockContract } from '../test-kit/stock-contract.ts';
import { startInvariantCheck } from './invariants.ts';

function check(states: Record<string, unknown>, partOfTheKeys: string | null = null) {
  const running = startInvariantCheck(stockContract, partOfTheKeys);
  for (const [key, state] of Object.entries(states)) running.add(key, state);
  return Object.fromEntries(running.results().map((each) => [each.name, each]));
}

describe('invariants over the replayed state', () => {
  it('pass where they hold for every key and for the whole', () => {
    const results = check({ A: { onHand: 1 }, B: { onHand: 0 } });
    expect(results.on_hand_is_never_negative?.outcome).toBe('passed');
    expect(results.total_is_below_a_million?.outcome).toBe('passed');
  });

  it('name the keys that fail', () => {
    expect(check({ A: { onHand: -1 }, B: { onHand: 2 } }).on_hand_is_never_negative).toMatchObject({
      outcome: 'failed',
      failing: 1,
      failingKeys: ['A'],
    });
  });

  it('fail for the whole where the sum does not hold', () => {
    expect(check({ A: { onHand: 2e6 } }).total_is_below_a_million).toMatchObject({ outcome: 'failed' });
  });

  it.each([
    ['would hold', 1],
    ['would not', 2e6],
  ])('are not applicable for the whole over part of the keys, where the sum %s', (_, onHand) => {
    const results = check({ A: { onHand } }, 'The scope is by keys.');
    expect(results.total_is_below_a_million).toMatchObject({
      outcome: 'not-applicable',
      failing: 0,
      problem: 'The scope is by keys.',
    });
    expect(results.on_hand_is_never_negative?.outcome).toBe('passed');
  });

  it('are not applicable for each key where no key was replayed', () => {
    expect(check({}, 'The scope is by keys.').on_hand_is_never_negative).toMatchObject({
      outcome: 'not-applicable',
      problem: expect.stringMatching(/No key was replayed/),
    });
  });

  it('could not run where the predicate throws, and are never passed then', () => {
    expect(check({ A: null }).on_hand_is_never_negative).toMatchObject({ outcome: 'could-not-run' });
  });

  const answering = (invariants: Record<string, unknown>) => {
    const running = startInvariantCheck({ ...stockContract, invariants } as unknown as EngineContract, null);
    running.add('A', { onHand: 1 });
    return running.results()[0];
  };
  const sound = { over: 'whole', start: () => 0, add: (sum: number) => sum + 1, holds: () => true };
  const unsound: readonly [string, unknown][] = [
    ['a predicate that answers with a promise', { over: 'key', holds: async () => true }],
    ['a predicate that answers with nothing', { over: 'key', holds: () => undefined }],
    ['a sum that is a promise', { ...sound, add: async () => 1 }],
    ['a start that is a promise', { ...sound, start: async () => 0 }],
    [
      'a start that throws',
      {
        ...sound,
        start: () => {
          throw new Error('no start');
        },
      },
    ],
    ['a predicate over the whole that answers with a promise', { ...sound, holds: async () => true }],
  ];
  it.each(unsound)('could not run with %s, which is no yes', (_, invariant) => {
    expect(answering({ is_sound: invariant })).toMatchObject({
      outcome: 'could-not-run',
      problem: expect.any(String),
    });
  });

  it('leave those over SQL to the store', () => {
    expect(check({}).ledger_matches).toBeUndefined();
  });
});
