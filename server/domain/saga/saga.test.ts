import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Saga } from '../contract/index.ts';
import { countAttempts } from './readings.ts';
import { type Evolved, evolve, isOverdue, type Oddity, rolesOf, type SagaRun } from './saga.ts';

const order: Saga = {
  title: 'An order',
  steps: [
    { step: 'place', done: 'OrderPlaced', compensated: 'OrderCancelled', compensationFailed: null },
    { step: 'reserve', done: 'StockReserved', compensated: 'ReservationReleased', compensationFailed: null },
    {
      step: 'pay',
      done: 'PaymentProcessed',
      compensated: 'PaymentRefunded',
      compensationFailed: 'PaymentRefundFailed',
    },
    { step: 'ship', done: 'OrderShipped', compensated: null, compensationFailed: null },
  ],
  completed: ['OrderShipped'],
  cancelled: ['OrderCancelled'],
  limitMs: 60_000,
};

const types = [
  'OrderPlaced',
  'StockReserved',
  'PaymentProcessed',
  'OrderShipped',
  'ReservationReleased',
  'PaymentRefunded',
  'PaymentRefundFailed',
  'OrderCancelled',
] as const;

type Given = { readonly id: string; readonly type: string; readonly atMs: number };

/** `OrderPlaced StockReserved#7`: `#` names an id; otherwise each event has its own. */
function given(text: string): readonly Given[] {
  return text.split(' ').map((word, at) => {
    const [type = '', id = `e${at}`] = word.split('#');
    return { id, type, atMs: 1_000 + at };
  });
}

function follow(events: readonly Given[]): { run: SagaRun; steps: readonly Evolved[] } {
  const steps: Evolved[] = [];
  let run: SagaRun | null = null;
  for (const event of events) {
    const evolved: Evolved = evolve(order, run, { ...event, key: 'O-1', isReadable: true });
    steps.push(evolved);
    run = evolved.run;
  }
  if (run === null) throw new Error('no events');
  return { run, steps };
}

describe('the state of a saga', () => {
  it.each([
    ['OrderPlaced', 'running', 'place'],
    ['OrderPlaced StockReserved PaymentProcessed', 'running', 'pay'],
    ['OrderPlaced StockReserved PaymentProcessed OrderShipped', 'completed', 'ship'],
    ['OrderPlaced StockReserved ReservationReleased', 'compensating', 'reserve'],
    ['OrderPlaced StockReserved ReservationReleased OrderCancelled', 'cancelled', 'reserve'],
    ['OrderPlaced StockReserved PaymentProcessed PaymentRefundFailed', 'compensation-failed', 'pay'],
    // Tried again, with success.
    ['OrderPlaced StockReserved PaymentProcessed PaymentRefundFailed PaymentRefunded', 'compensating', 'pay'],
    // Cancelled, and still not paid back.
    [
      'OrderPlaced StockReserved PaymentProcessed PaymentRefundFailed ReservationReleased OrderCancelled',
      'compensation-failed',
      'pay',
    ],
    ['OrderPlaced OrderCancelled', 'cancelled', 'place'],
  ])('after %s is %s, and its last step %s', (events, lifecycle, step) => {
    expect(follow(given(events)).run).toMatchObject({ lifecycle, step });
  });
});

describe('what a saga does not allow', () => {
  const cases: readonly (readonly [string, readonly Oddity[]])[] = [
    ['OrderPlaced', []],
    ['StockReserved', ['beginning-unseen', 'out-of-order']],
    ['OrderPlaced PaymentProcessed', ['out-of-order']],
    ['OrderPlaced StockReserved StockReserved', ['done-again']],
    ['OrderPlaced StockReserved#1 StockReserved#1', ['repeated']],
    ['OrderPlaced PaymentRefunded', ['never-done']],
    ['OrderPlaced PaymentRefundFailed', ['never-done']],
    ['OrderPlaced StockReserved ReservationReleased ReservationReleased', ['undone-again']],
    ['OrderPlaced StockReserved PaymentProcessed OrderShipped PaymentRefunded', ['after-its-end']],
    ['OrderPlaced StockReserved OrderCancelled', ['left-standing']],
    // The step's own event comes after what undid it.
    ['OrderPlaced ReservationReleased StockReserved', ['out-of-order']],
    ['OrderPlaced StockReserved ReservationReleased OrderCancelled', []],
  ];
  it.each(cases)('after %s the last event is %j', (events, oddities) => {
    expect(follow(given(events)).steps.at(-1)?.oddities).toEqual(oddities);
  });

  it('is named where the data of an event could not be read, and its type still counts', () => {
    const event = { id: '1', type: 'OrderPlaced', key: 'O-1', atMs: 1, isReadable: false };
    expect(evolve(order, null, event)).toMatchObject({ oddities: ['unreadable'], run: { step: 'place' } });
  });

  it('leaves out what is no event of the saga', () => {
    expect(rolesOf(order, 'PriceChanged')).toBeNull();
  });
});

describe('attempts to undo a step', () => {
  it('are each event that says that it was undone or could not be', () => {
    const { steps } = follow(
      given('OrderPlaced StockReserved PaymentProcessed PaymentRefundFailed PaymentRefunded OrderCancelled'),
    );
    expect(steps.map(({ attempted, failed }) => [attempted, failed])).toEqual([
      [[], []],
      [[], []],
      [[], []],
      [['pay'], ['pay']],
      [['pay'], []],
      [['place'], []],
    ]);
  });

  it('are counted by quarters of an hour, each in the time that it was in', () => {
    const attempt = (atMs: number, failed = false) => ({ key: 'O-1', step: 'pay', atMs, failed });
    const midnight = Date.parse('2026-12-01T00:00:00Z');
    expect(countAttempts([attempt(midnight), attempt(midnight - 1, true), attempt(midnight + 5)])).toEqual([
      { fromMs: midnight - 1, toMs: midnight, total: 1, failed: [attempt(midnight - 1, true)] },
      { fromMs: midnight, toMs: midnight + 6, total: 2, failed: [] },
    ]);
  });
});

describe('being overdue', () => {
  it.each([
    ['running', 1_000, 61_000, false],
    ['running', 1_000, 61_001, true],
    ['compensating', 1_000, 61_001, true],
    ['completed', 1_000, 99_000, false],
    ['cancelled', 1_000, 99_000, false],
    ['compensation-failed', 1_000, 99_000, false],
  ] as const)('of one that is %s since %d at %d is %s', (lifecycle, startedAtMs, nowMs, expected) => {
    expect(isOverdue({ lifecycle, startedAtMs }, order.limitMs, nowMs)).toBe(expected);
  });
});

const anyEvents = fc
  .array(fc.record({ type: fc.constantFrom(...types), id: fc.nat(12).map(String), atMs: fc.nat(1_000) }), {
    minLength: 1,
    maxLength: 25,
  })
  // One id is one event.
  .map((events) => events.map((event) => events.find(({ id }) => id === event.id) ?? event));

const standing = ({ lifecycle, step, marks, end, startedAtMs, lastAtMs, endedAtMs }: SagaRun) => ({
  lifecycle,
  step,
  marks,
  end,
  startedAtMs,
  lastAtMs,
  endedAtMs,
});

describe('whatever comes, in whatever order', () => {
  it('a repeated event changes nothing but that it was counted, and is no attempt', () => {
    fc.assert(
      fc.property(anyEvents, fc.nat(), (events, pick) => {
        const { run } = follow(events);
        const again = events[pick % events.length];
        if (again === undefined) return;
        const evolved = evolve(order, run, { ...again, key: 'O-1', isReadable: true });
        expect(evolved).toMatchObject({ oddities: ['repeated'], attempted: [], failed: [] });
        expect(standing(evolved.run)).toEqual(standing(run));
        expect(evolved.run.events).toBe(run.events + 1);
      }),
    );
  });

  it('nothing is lost: every event is counted, and every step that one spoke of is marked', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const { run } = follow(events);
        expect(run.events).toBe(events.length);
        for (const { type } of events)
          for (const role of rolesOf(order, type) ?? [])
            if ('step' in role) {
              const mark = { done: 'done', undone: 'undone', 'undo-failed': 'undoFailed' } as const;
              expect(run.marks[role.step]?.[mark[role.kind]]).toBe(true);
            }
      }),
    );
  });

  it('attempts are as many as the different compensating events, however often each was delivered', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const { steps } = follow(events);
        const once = new Map(events.map(({ id, type }) => [id, type]));
        const compensating = [...once.values()].filter((type) =>
          rolesOf(order, type)?.some(({ kind }) => kind === 'undone' || kind === 'undo-failed'),
        );
        expect(steps.flatMap(({ attempted }) => attempted)).toHaveLength(compensating.length);
        expect(steps.flatMap(({ failed }) => failed)).toHaveLength(
          compensating.filter((type) => type === 'PaymentRefundFailed').length,
        );
      }),
    );
  });

  it('marks do not depend on the order', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        expect(follow(events.toReversed()).run.marks).toEqual(follow(events).run.marks);
      }),
    );
  });
});
