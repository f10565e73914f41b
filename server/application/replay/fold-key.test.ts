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

it('folds a key as its own where the projection gives every key the same initial state', () => {
  const shared = { onHand: 0 };
  const contract = applying({
    initial: () => shared,
    apply: (state, event) => {
      (state as { onHand: number }).onHand += quantityOf(event);
      return state;
    },
  });
  for (let time = 0; time < 2; time += 1)
    expect(foldKey(contract, 'A', history(1, 2))).toMatchObject({
      state: '{"onHand":3}',
      deterministic: true,
    });
});

it('keeps names in the order in which the projection has put them in, also after an event it refuses', () => {
  const contract = applying({
    initial: () => ({ z: 0 }),
    apply: (state, event) => {
      const own = state as Record<string, number>;
      if (quantityOf(event) === 7) {
        delete own.z;
        own.z = 1;
        throw new Error('no sevens');
      }
      own[quantityOf(event) === 1 ? 'y' : 'a'] = quantityOf(event);
      return own;
    },
  });
  expect(foldKey(contract, 'A', history(1, 7, 2)).state).toBe('{"z":0,"y":1,"a":2}');
});

const impureCall = () => Object.assign(new Error('Date.now() is out of reach.'), { name: 'ImpureCall' });

it.each([
  ['the projection', { initial: () => ({ onHand: 0 }), calls: 1 }],
  ['the second fold', { initial: () => ({ onHand: 0 }), calls: 2 }],
  [
    'the initial state',
    {
      initial: () => {
        throw impureCall();
      },
      calls: 9,
    },
  ],
])(
  'ends the replay by name where %s reaches for the clock: it is no event refused',
  (_, { initial, calls }) => {
    let called = 0;
    const apply = (state: unknown) => {
      called += 1;
      if (called === calls) throw impureCall();
      return state;
    };
    expect(() => foldKey(applying({ initial, apply }), 'A', history(1))).toThrow(
      expect.objectContaining({ code: 'projection-impure', message: expect.stringMatching(/Date\.now/) }),
    );
  },
);

it('refuses every event of a key whose initial state can not be made', () => {
  const contract = applying({
    initial: () => {
      throw new Error('no such item');
    },
    apply: (state) => state,
  });
  const folded = foldKey(contract, 'A', history(1, 2));
  expect(folded).toMatchObject({ applied: 0, last: null });
  expect(folded.refused.map(({ why }) => why)).toEqual([
    'The initial state could not be made: no such item.',
    'The initial state could not be made: no such item.',
  ]);
});

it('folds twice from the same events also where F keeps their data in the state and changes it there', () => {
  const contract = applying({
    initial: () => ({ lines: [] }),
    apply: (state, event) => {
      const { lines } = state as { lines: { quantity: number }[] };
      const [first] = lines;
      if (first === undefined) lines.push(event.data as { quantity: number });
      else first.quantity += quantityOf(event);
      return state;
    },
  });
  const events = history(10, 1, 1);
  const once = { state: '{"lines":[{"quantity":12}]}', deterministic: true };
  expect(foldKey(contract, 'A', events)).toMatchObject(once);
  // The same events are folded again: compared at another position, traced, explained.
  expect(foldKey(contract, 'A', events)).toMatchObject(once);
});

it.each([
  ['between others', [1, 7, 2]],
  ['last', [1, 7]],
  ['alone', [7]],
])('finds an F that counts across calls also where it refuses an event %s', (_, quantities) => {
  let calls = 0;
  const contract = applying({
    initial: () => ({ calls: 0 }),
    apply: (state, event) => {
      const own = state as { calls: number };
      own.calls += ++calls;
      if (quantityOf(event) === 7) throw new Error('no sevens');
      return own;
    },
  });
  expect(foldKey(contract, 'A', history(...quantities)).deterministic).toBe(false);
});

it('refuses an event that F answers with a promise, and takes note of its rejection', () => {
  const contract = applying({
    initial: () => ({ onHand: 0 }),
    apply: () => Promise.reject(new Error('nobody waits for this')),
  });
  expect(foldKey(contract, 'A', history(1)).refused.map(({ why }) => why)).toEqual([
    'it answered with a promise, and has to answer at once.',
  ]);
});

it('goes on from a stored state as it would have come to it itself', () => {
  const whole = foldKey(stockContract, 'A', history(1, 7, 2));
  const begun = foldKey(stockContract, 'A', history(1, 7));
  expect(foldKey(stockContract, 'A', history(1, 7, 2).slice(2), begun)).toMatchObject({
    state: whole.state,
    applied: 1,
    deterministic: true,
  });
});
