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
