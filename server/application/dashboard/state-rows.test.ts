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

const comparisons = [
  { derivedState: 'inventory', outcome: 'equal' },
  { derivedState: 'selling', outcome: 'different' },
  { derivedState: 'warehouse', outcome: 'could-not-compare' },
] as unknown as readonly Comparison[];

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
    const { cells, differs } = toStateRow(row, contract, comparisons);
    expect(differs).toBe(true);
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
      ['warehouse', 'not-compared', [{ field: 'quantity', history: 388, live: null, delta: null }]],
    ]);
  });

  it('knows nothing of history for a key that only a derived state has', () => {
    const extra: KeyRow = {
      ...row,
      partition: null,
      state: undefined,
      discrepancies: [
        {
          derivedState: 'selling',
          kind: 'extra',
          fields: [{ field: 'quantity', history: null, live: 3, delta: null }],
          explanation: null,
        },
      ],
    };
    const { cells } = toStateRow(extra, contract, comparisons);
    expect(cells[1]).toMatchObject({ kind: 'extra', fields: [{ history: null, live: 3 }] });
    expect(cells[0]?.fields[0]).toEqual({ field: 'quantity', history: null, live: null, delta: null });
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
