import { describe, expect, it } from 'vitest';
import type { EngineContract } from '../../domain/contract/index.ts';
import type { Comparison, Explanation } from '../../domain/reconciliation/index.ts';
import type { KeyRow, TraceStep } from '../ports/page-reads.ts';
import { markExplaining, toStateRow } from './state-rows.ts';

type Stock = { onHand: number; reserved: number };
const state = (fields: Record<string, (s: Stock) => number>) => ({
  title: 'T',
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, expected]) => [name, { column: name, expected }]),
  ),
  exists: null,
});
const contract = {
  derivedStates: {
    inventory: state({ quantity: (s) => s.onHand, reserved: (s) => s.reserved }),
    selling: state({ quantity: (s) => s.onHand }),
    warehouse: state({ quantity: (s) => s.onHand }),
  },
} as unknown as EngineContract;

const atEnd = { eventsBehind: '0', layerEvents: '0', appliedPositions: [] };
const comparisons = [
  { derivedState: 'inventory', outcome: 'equal', ...atEnd },
  { derivedState: 'selling', outcome: 'different', ...atEnd },
  { derivedState: 'warehouse', outcome: 'could-not-compare', ...atEnd },
] as unknown as readonly Comparison[];
const historyEnd = [
  { partition: 1, next: '60' },
  { partition: 2, next: '50' },
];

const explanation: Explanation = {
  outcome: 'one',
  sentence: 's',
  candidates: [
    {
      cause: 'applied-twice',
      eventId: 'e',
      eventType: 'StockShipped',
      eventVersion: 1,
      partition: 2,
      offset: '40',
      redeliveredAt: '41',
      deadLetter: null,
      certainty: 'proven',
    },
  ],
};

const row: KeyRow = {
  key: 'SKU-1',
  partition: 2,
  state: { onHand: 388, reserved: 5 },
  lastOffset: '41',
  spread: false,
  magnitude: 8,
  discrepancies: [
    {
      derivedState: 'selling',
      kind: 'different',
      fields: [{ field: 'quantity', history: 388, live: 380, delta: -8 }],
      explanation,
    },
  ],
};

describe('a row of the states page', () => {
  it('shows every field of every derived state: what differs with its delta, what agrees with its value', () => {
    const { cells, differs, history } = toStateRow(row, contract, comparisons, historyEnd);
    expect(differs).toBe(true);
    expect(history).toEqual([
      { field: 'quantity', value: 388 },
      { field: 'reserved', value: 5 },
    ]);
    expect(cells.map(({ derivedState, kind, fields }) => [derivedState, kind, fields])).toEqual([
      [
        'inventory',
        'equal',
        [
          { field: 'quantity', history: 388, live: 388, delta: 0 },
          { field: 'reserved', history: 5, live: 5, delta: 0 },
        ],
      ],
      ['selling', 'different', [{ field: 'quantity', history: 388, live: 380, delta: -8 }]],
      ['warehouse', 'not-compared', []],
    ]);
  });

  it('knows nothing of history for a key that only a derived state has', () => {
    const extra: KeyRow = {
      ...row,
      partition: null,
      state: undefined,
      lastOffset: null,
      discrepancies: [
        {
          derivedState: 'selling',
          kind: 'extra',
          fields: [{ field: 'quantity', history: null, live: 3, delta: null }],
          explanation: null,
        },
      ],
    };
    const { cells, history } = toStateRow(extra, contract, comparisons, historyEnd);
    expect(history).toEqual([]);
    expect(cells[1]).toMatchObject({ kind: 'extra', fields: [{ history: null, live: 3 }] });
    expect(cells[0]?.fields[0]).toEqual({ field: 'quantity', history: null, live: null, delta: null });
  });
});

type Applied = Partial<Pick<Comparison, 'eventsBehind' | 'layerEvents' | 'appliedPositions' | 'mode'>>;

/** The inventory's cell where it agreed, and `applied` is where it stood. */
function agreedAt(applied: Applied, key: Partial<KeyRow> = {}) {
  const comparison = { derivedState: 'inventory', outcome: 'behind', ...atEnd, ...applied };
  const found = toStateRow(
    { ...row, discrepancies: [], ...key },
    contract,
    [comparison] as unknown as readonly Comparison[],
    historyEnd,
  ).cells[0];
  return { standing: found?.standing, figures: found?.fields.map((each) => each.live) };
}
const at = (p1: string, p2: string) => [
  { partition: 1, next: p1 },
  { partition: 2, next: p2 },
];

describe('a state that agreed at another position than the end of the replay', () => {
  it('shows no figure of a key that history has changed since the state’s position', () => {
    const behind = agreedAt({ eventsBehind: '9', appliedPositions: at('60', '41') });
    expect(behind).toEqual({ standing: 'behind', figures: [] });
    const never = agreedAt({ eventsBehind: '9', appliedPositions: [{ partition: 1, next: '60' }] });
    expect(never).toEqual({ standing: 'behind', figures: [] });
  });

  it('shows the figures of a key whose last event it had applied, however far behind it was', () => {
    const applied = { eventsBehind: '9', appliedPositions: at('12', '42') };
    expect(agreedAt(applied)).toEqual({ standing: 'at-end', figures: [388, 5] });
    expect(agreedAt(applied, { spread: true })).toEqual({ standing: 'behind', figures: [] });
  });

  it('shows no figure of a key that may have changed after the end of the replay', () => {
    const beyond = { standing: 'beyond', figures: [] };
    expect(agreedAt({ layerEvents: '3', appliedPositions: at('60', '53') })).toEqual(beyond);
    expect(agreedAt({ layerEvents: '3', mode: 'settled' })).toEqual(beyond);
    expect(agreedAt({ layerEvents: '3', appliedPositions: at('63', '50') }).figures).toEqual([388, 5]);
  });

  it('takes a cursor over transactions for no offset', () => {
    const cursor = [{ partition: 2, next: '8123:45' }];
    expect(agreedAt({ eventsBehind: '2', appliedPositions: cursor }).standing).toBe('behind');
    expect(agreedAt({ eventsBehind: '0', appliedPositions: cursor }).figures).toEqual([388, 5]);
  });

  it('keeps what differs at that position beside what history says at the end', () => {
    const behind = [
      { derivedState: 'selling', outcome: 'different', ...atEnd, eventsBehind: '9' },
    ] as unknown as readonly Comparison[];
    const found = [{ field: 'quantity', history: 384, live: 380, delta: -4 }];
    const discrepancies = [
      { derivedState: 'selling', kind: 'different' as const, fields: found, explanation },
    ];
    const shown = toStateRow({ ...row, discrepancies }, contract, behind, historyEnd);
    expect(shown.history[0]).toEqual({ field: 'quantity', value: 388 });
    expect(shown.cells[1]).toMatchObject({ kind: 'different', standing: 'behind', fields: found });
  });
});

describe('a key’s own history', () => {
  it('marks the event that explains a difference, and its redelivery', () => {
    const step = (partition: number, offset: string) =>
      ({ partition, offset, explains: [] }) as unknown as TraceStep;
    const steps = [step(2, '39'), step(2, '40'), step(2, '41'), step(3, '40')];
    expect(markExplaining(steps, row.discrepancies).map(({ explains }) => explains.length)).toEqual([
      0, 1, 1, 0,
    ]);
  });
});
