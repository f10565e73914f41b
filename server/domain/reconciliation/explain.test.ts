import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scalar } from '../contract/index.ts';
import { stockContract, stockEvent } from '../test-kit/stock-contract.ts';
import { type ExplainInput, explainDiscrepancy } from './explain.ts';
import { fieldsSeen, type KeyEvent, traceKey } from './trace.ts';

const shop = stockContract.derivedStates.shop;
if (!shop) throw new Error('the test contract has a derived state named shop');

function applied(at: number, type: string, quantity: number, extra: Partial<KeyEvent> = {}): KeyEvent {
  const id = `e${at}`;
  return {
    partition: 2,
    offset: String(at),
    timestampMs: at,
    event: stockEvent(id, type, quantity),
    eventId: id,
    eventType: type,
    version: 1,
    earlierData: undefined,
    outcome: 'applied',
    duplicateOf: null,
    detail: null,
    ...extra,
  };
}

function explain(
  events: readonly KeyEvent[],
  live: Record<string, Scalar> | null,
  change: Partial<ExplainInput> = {},
) {
  const search = explainDiscrepancy({
    contract: stockContract,
    derivedState: shop as NonNullable<typeof shop>,
    key: 'A',
    events,
    live,
    parked: new Map(),
    parkedIncomplete: null,
    budget: 100_000,
    ...change,
  });
  for (;;) {
    const step = search.next();
    if (step.done) return step.value;
  }
}

/** The quantity that a store shows which folded these events, whatever history holds. */
function folded(events: readonly KeyEvent[]): number {
  const last = traceKey(stockContract, 'A', events).at(-1);
  return Number(fieldsSeen(stockContract.derivedStates, last?.after ?? { onHand: 0 }).quantity);
}

const events = fc
  .array(
    fc.record({
      type: fc.constantFrom('Received', 'Shipped', 'Counted'),
      quantity: fc.integer({ min: 1, max: 500 }),
    }),
    {
      minLength: 2,
      maxLength: 25,
    },
  )
  .map((list) => list.map((each, at) => applied(at, each.type, each.quantity)));

describe('explaining a discrepancy', () => {
  it('names a parked event as proven, with its dead letter', () => {
    const history = [applied(0, 'Received', 396), applied(1, 'Received', 8), applied(2, 'Shipped', 16)];
    const letter = { topic: 'dlq', partition: 0, offset: '0', cause: 'unknown version' };
    const found = explain(history, { quantity: 380 }, { parked: new Map([['e1', letter]]) });
    expect(found.candidates[0]).toMatchObject({
      cause: 'never-applied',
      eventId: 'e1',
      certainty: 'proven',
      deadLetter: letter,
    });
  });

  it('says that it does not know of parked events where not all could be read, unless one explains it', () => {
    const history = [applied(0, 'Received', 396), applied(1, 'Received', 8), applied(2, 'Shipped', 16)];
    const open = /Whether an event was parked is not known: dlq could not be read\.$/;
    const unread = { parkedIncomplete: 'dlq could not be read.' };
    expect(explain(history, { quantity: 380 }, unread)).toMatchObject({
      outcome: 'one',
      sentence: expect.stringMatching(open),
    });
    expect(explain(history, { quantity: 1 }, unread)).toMatchObject({
      outcome: 'none',
      sentence: expect.stringMatching(open),
    });
    const parked = new Map([['e1', { topic: 'dlq', partition: 0, offset: '0', cause: null }]]);
    expect(explain(history, { quantity: 380 }, { ...unread, parked }).sentence).not.toMatch(open);
  });

  it('names a redelivered event that was applied twice as proven, with the redelivery', () => {
    const first = applied(0, 'Received', 100);
    const shipped = applied(1, 'Shipped', 9);
    const again: KeyEvent = { ...shipped, offset: '7', outcome: 'duplicate', duplicateOf: 'p2:1' };
    const found = explain([first, shipped, again], { quantity: 82 });
    expect(found.candidates[0]).toMatchObject({
      cause: 'applied-twice',
      eventId: 'e1',
      redeliveredAt: '7',
      certainty: 'proven',
    });
  });

  it('names the event that was read as if it were of another version', () => {
    const history = [
      applied(0, 'Received', 10),
      applied(1, 'Received', 5, { earlierData: { quantity: 50 } }),
    ];
    expect(explain(history, { quantity: 60 }).candidates).toMatchObject([
      { cause: 'read-with-wrong-version', eventId: 'e1' },
    ]);
  });

  it('says of a missing row with several events that none seems to have been applied', () => {
    const found = explain([applied(0, 'Received', 10), applied(1, 'Received', 10)], null);
    expect(found).toMatchObject({
      outcome: 'none',
      sentence: expect.stringContaining('none of the 2 events'),
    });
  });

  it('is not misled by a projection that changes the state it is given', () => {
    const contract = {
      ...stockContract,
      projection: {
        initial: () => ({ onHand: 0 }),
        apply: (state: unknown, event: { data: unknown }) => {
          const own = state as { onHand: number };
          own.onHand += (event.data as { quantity: number }).quantity;
          return own;
        },
      },
    };
    const history = [applied(0, 'Received', 10), applied(1, 'Received', 8), applied(2, 'Received', 5)];
    const found = explain(history, { quantity: 15 }, { contract });
    expect(found.candidates).toMatchObject([{ cause: 'never-applied', eventId: 'e1' }]);
  });

  it('says that none was found, and does not guess', () => {
    const found = explain([applied(0, 'Received', 10), applied(1, 'Received', 10)], { quantity: 7 });
    expect(found).toMatchObject({ outcome: 'none', candidates: [] });
  });

  it('says so when the search was cut short', () => {
    const history = Array.from({ length: 50 }, (_, at) => applied(at, 'Received', 1));
    expect(explain(history, { quantity: -3 }, { budget: 60 })).toMatchObject({ outcome: 'not-searched' });
  });

  it.each([
    ['without redeliveries', 0],
    ['that were all delivered again', 1],
  ])('takes no longer than its calls of F do for thousands of events %s', (_, again) => {
    const history = Array.from({ length: 8_000 }, (_, at) => applied(at, 'Received', 1 + (at % 7)));
    const redelivered = history.map(
      (each): KeyEvent => ({ ...each, offset: `${each.offset}0`, outcome: 'duplicate' }),
    );
    const all = again === 0 ? history : [...history, ...redelivered];
    const start = performance.now();
    expect(explain(all, { quantity: -3 }, { budget: 400_000 }).outcome).toBe('not-searched');
    // Half a million calls take a tenth of a second; looking through all events at every candidate takes 20 s.
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('pauses after a few hundred calls of F at the most, between candidates and within one', () => {
    let calls = 0;
    const { apply } = stockContract.projection;
    const counting: typeof apply = (state, event) => {
      calls += 1;
      return apply(state, event);
    };
    const search = explainDiscrepancy({
      contract: { ...stockContract, projection: { ...stockContract.projection, apply: counting } },
      derivedState: shop as NonNullable<typeof shop>,
      key: 'A',
      events: Array.from({ length: 2_000 }, (_, at) => applied(at, 'Received', 1)),
      live: { quantity: -3 },
      parked: new Map(),
      parkedIncomplete: null,
      budget: 50_000,
    });
    let most = 0;
    let before = 0;
    for (let step = search.next(); ; step = search.next()) {
      most = Math.max(most, calls - before);
      before = calls;
      if (step.done) break;
    }
    expect(calls).toBeGreaterThan(40_000);
    expect(calls).toBeLessThanOrEqual(50_000);
    expect(most).toBeLessThanOrEqual(300);
  });

  it('finds any event that was left out', () => {
    fc.assert(
      fc.property(events, fc.nat(), (history, pick) => {
        const at = pick % history.length;
        const without = history.filter((_, each) => each !== at);
        const wrong = folded(without);
        fc.pre(wrong !== folded(history) && without.length > 0);
        const found = explain(history, { quantity: wrong });
        expect(found.candidates.length > 0).toBe(true);
        if (found.candidates.length < 20) {
          expect(
            found.candidates.some((each) => each.cause === 'never-applied' && each.eventId === `e${at}`),
          ).toBe(true);
        }
      }),
    );
  });

  it('finds any event that was applied twice in a row', () => {
    fc.assert(
      fc.property(events, fc.nat(), (history, pick) => {
        const at = pick % history.length;
        const doubled = history.flatMap((each, i) => (i === at ? [each, each] : [each]));
        const wrong = folded(doubled);
        fc.pre(wrong !== folded(history));
        const found = explain(history, { quantity: wrong });
        if (found.candidates.length < 20) {
          expect(
            found.candidates.some((each) => each.cause === 'applied-twice' && each.eventId === `e${at}`),
          ).toBe(true);
        }
      }),
    );
  });

  it('finds any event that came after its neighbour instead of before it, where a count makes that visible', () => {
    // What is booked before a count does not show after it; none stands behind the two, so that this stays so.
    const booked = fc.record({
      type: fc.constantFrom('Received', 'Shipped'),
      quantity: fc.integer({ min: 1, max: 500 }),
    });
    const count = fc.record({ type: fc.constant('Counted'), quantity: fc.integer({ min: 1, max: 500 }) });
    const pair = fc
      .tuple(count, booked, fc.boolean())
      .map(([counted, other, first]) => (first ? [counted, other] : [other, counted]));
    const before = fc.array(fc.oneof(booked, count), { maxLength: 12 });
    const after = fc.array(booked, { maxLength: 6 });
    fc.assert(
      fc.property(before, pair, after, (earlier, two, later) => {
        const history = [...earlier, ...two, ...later].map((each, i) => applied(i, each.type, each.quantity));
        const at = earlier.length;
        const swapped = history.toSpliced(at, 2, ...history.slice(at, at + 2).toReversed());
        const wrong = folded(swapped);
        expect(wrong).not.toBe(folded(history));
        const found = explain(history, { quantity: wrong });
        expect(found.candidates.length > 0).toBe(true);
        if (found.candidates.length < 20) {
          expect(found.candidates).toContainEqual(
            expect.objectContaining({
              cause: 'applied-out-of-order',
              eventId: `e${at}`,
              offset: String(at),
              certainty: 'fits',
            }),
          );
        }
      }),
    );
  });

  it('finds the event after which nothing was applied any more', () => {
    fc.assert(
      fc.property(events, fc.nat(), (history, pick) => {
        fc.pre(history.length > 2);
        const length = 1 + (pick % (history.length - 2));
        const wrong = folded(history.slice(0, length));
        fc.pre(wrong !== folded(history));
        // Where several beginnings show the same, as two equal counts do, it is the longest that has most applied.
        const lengths = history.slice(0, -2).map((_, i) => i + 1);
        const longest = lengths.findLast((each) => folded(history.slice(0, each)) === wrong) ?? 0;
        const found = explain(history, { quantity: wrong });
        expect(found.candidates.length > 0).toBe(true);
        if (found.candidates.length < 20) {
          expect(found.candidates.filter((each) => each.cause === 'nothing-after-offset')).toMatchObject([
            { eventId: `e${longest - 1}`, partition: 2, offset: String(longest - 1), certainty: 'fits' },
          ]);
        }
      }),
    );
  });

  it('never offers a candidate that does not make the figures equal', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: -600, max: 600 }), (history, off) => {
        const wrong = folded(history) + off;
        for (const each of explain(history, { quantity: wrong }).candidates) {
          const at = history.findIndex((event) => event.eventId === each.eventId);
          if (each.cause === 'never-applied') expect(folded(history.filter((_, i) => i !== at))).toBe(wrong);
          if (each.cause === 'nothing-after-offset') expect(folded(history.slice(0, at + 1))).toBe(wrong);
        }
      }),
    );
  });
});
