import { describe, expect, it } from 'vitest';
import { stockContract } from '../test-kit/stock-contract.ts';
import { startInvariantCheck } from './invariants.ts';

function check(states: Record<string, unknown>) {
  const running = startInvariantCheck(stockContract);
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

  it('could not run where the predicate throws, and are never passed then', () => {
    expect(check({ A: null }).on_hand_is_never_negative).toMatchObject({ outcome: 'could-not-run' });
  });

  it('leave those over SQL to the store', () => {
    expect(check({}).ledger_matches).toBeUndefined();
  });
});
