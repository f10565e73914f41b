import { expect, it } from 'vitest';
import type { EngineContract, EngineEvent } from '../../domain/contract/index.ts';
import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import { stockContract, stockEvent } from '../../domain/test-kit/stock-contract.ts';
import { foldKey } from './fold-key.ts';

const quantityOf = (event: EngineEvent) => (event.data as { quantity: number }).quantity;

function applying(projection: EngineContract['projection']): EngineContract {
  return { ...stockContract, projection };
}

const history = (...quantities: readonly number[]): readonly KeyEvent[] =>
  quantities.map((quantity, at) => ({
    partition: 0,
    offset: String(at),
    timestampMs: at,
    event: stockEvent(`e${at}`, 'Received', quantity),
    eventId: `e${at}`,
    eventType: 'Received',
    version: 1,
    earlierData: undefined,
    outcome: 'applied',
    duplicateOf: null,
    detail: null,
  }));

it('ends the replay by name where a part of the state was changed in place to what is no JSON', () => {
  const contract = applying({
    initial: () => ({ list: [0] }),
    apply: (state, event) => {
      const own = { ...(state as { list: number[] }) };
      own.list[0] = quantityOf(event) / 0 - Number.POSITIVE_INFINITY;
      return own;
    },
  });
  expect(() => foldKey(contract, 'A', history(1))).toThrow(
    expect.objectContaining({ code: 'projection-failed', message: expect.stringMatching(/holds NaN/) }),
  );
});

it('leaves the state as it was where the projection changes it and then refuses the event', () => {
  const contract = applying({
    initial: () => ({ onHand: 0 }),
    apply: (state, event) => {
      const own = state as { onHand: number };
      own.onHand += quantityOf(event);
      if (quantityOf(event) === 7) throw new Error('no sevens');
      return own;
    },
  });
  const folded = foldKey(contract, 'A', history(1, 7, 2));
  expect(folded).toMatchObject({ state: '{"onHand":3}', applied: 2, deterministic: true });
  expect(folded.refused.map(({ event }) => event.eventId)).toEqual(['e1']);
});
