import { describe, expect, it } from 'vitest';
import type { EngineContract, PostgresState } from '../contract/index.ts';
import { stockContract, stockEvent } from '../test-kit/stock-contract.ts';
import { explainDiscrepancy } from './explain.ts';
import { type KeyEvent, traceKey } from './trace.ts';

const shop = stockContract.derivedStates.shop;
if (!shop) throw new Error('the test contract has a derived state named shop');

const events = (...quantities: readonly number[]): readonly KeyEvent[] =>
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

type Apply = EngineContract['projection']['apply'];

/** The stock contract with an F that has its own way with sevens. */
function meeting(seven: (state: unknown) => unknown): EngineContract {
  const apply: Apply = (state, event) =>
    (event.data as { quantity: number }).quantity === 7
      ? seven(state)
      : stockContract.projection.apply(state, event);
  return { ...stockContract, projection: { ...stockContract.projection, apply } };
}

const refusing = (state: unknown) => {
  (state as { onHand: number }).onHand = 1_000;
  throw new Error('no sevens');
};
const impure = () => {
  throw Object.assign(new Error('Date.now() is out of reach.'), { name: 'ImpureCall' });
};

const explain = (contract: EngineContract, own: readonly KeyEvent[], quantity: number) => {
  const search = explainDiscrepancy({
    contract,
    derivedState: contract.derivedStates.shop ?? shop,
    key: 'A',
    events: own,
    live: { quantity },
    parked: new Map(),
    parkedIncomplete: null,
    budget: 1_000,
  });
  for (;;) {
    const step = search.next();
    if (step.done) return step.value;
  }
};

describe('tracing a key', () => {
  it.each([
    ['throws', refusing, 'The projection refused it: no sevens.'],
    [
      'answers with a promise',
      () => Promise.reject(new Error('nobody waits for this')),
      'The projection answered with a promise, and has to answer at once.',
    ],
    ['makes what is no JSON', () => ({ onHand: Number.NaN }), /The projection refused it: .*NaN at onHand/],
  ])(
    'names an event at which F %s as quarantined, and goes on from the state before it',
    (_, seven, detail) => {
      const traced = traceKey(meeting(seven), 'A', events(1, 7, 2));
      expect(traced.map(({ outcome, after }) => [outcome, after])).toEqual([
        ['applied', { onHand: 1 }],
        ['quarantined', { onHand: 1 }],
        ['applied', { onHand: 3 }],
      ]);
      expect(traced[1]?.detail).toEqual(expect.stringMatching(detail));
    },
  );

  it('names every event of a key whose initial state can not be made', () => {
    const projection = { ...stockContract.projection, initial: () => refusing({}) };
    const traced = traceKey({ ...stockContract, projection }, 'A', events(1, 2));
    expect(traced.map(({ outcome }) => outcome)).toEqual(['quarantined', 'quarantined']);
    expect(traced[0]?.detail).toMatch(/initial state could not be made: no sevens/);
  });

  it('ends by name where F reaches for the clock', () => {
    expect(() => traceKey(meeting(impure), 'A', events(7))).toThrow(
      expect.objectContaining({ code: 'projection-impure' }),
    );
  });
});

describe('explaining a key of which F refuses an event', () => {
  it('searches the others, and says that it was left out', () => {
    const found = explain(meeting(refusing), events(1, 7, 2), 1);
    expect(found.candidates.map(({ cause, eventId }) => [cause, eventId])).toEqual([['never-applied', 'e2']]);
    expect(found.sentence).toMatch(/1 event .* refuses .* left out/);
  });

  it('ends by name where F reaches for the clock', () => {
    expect(() => explain(meeting(impure), events(1, 7), 1)).toThrow(
      expect.objectContaining({ code: 'projection-impure' }),
    );
  });
});

describe('an F that keeps the data of events in the state and changes it there', () => {
  const keeping: EngineContract = {
    ...stockContract,
    derivedStates: {
      shop: {
        ...(shop as PostgresState<unknown>),
        fields: { quantity: { column: 'quantity', expected: (state) => totalOf(state) } },
      },
    },
    projection: {
      initial: () => ({ lines: [] }),
      apply: (state, event) => {
        const { lines } = state as { lines: { quantity: number }[] };
        const [first] = lines;
        const { quantity } = event.data as { quantity: number };
        if (first === undefined) lines.push(event.data as { quantity: number });
        else first.quantity += quantity;
        return state;
      },
    },
  };
  const totalOf = (state: unknown) => (state as { lines: { quantity: number }[] }).lines[0]?.quantity ?? 0;

  it('is traced and explained as if each fold had the events alone', () => {
    const own = events(10, 1, 5, 2);
    expect(traceKey(keeping, 'A', own).map(({ after }) => totalOf(after))).toEqual([10, 11, 16, 18]);
    const found = explain(keeping, own, 13);
    expect(found.candidates.map(({ cause, eventId }) => [cause, eventId])).toContainEqual([
      'never-applied',
      'e2',
    ]);
    expect(traceKey(keeping, 'A', own).map(({ after }) => totalOf(after))).toEqual([10, 11, 16, 18]);
  });
});
