import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { postgresState } from '../contract/define.ts';
import { standingOf } from './standing.ts';
import { stateOfRow, undoing } from './undo.ts';

type Stock = { readonly onHand: number; readonly reserved: number };

const selling = postgresState<Stock>({
  title: 'Selling',
  connection: 'shop',
  table: 'selling_state',
  key: 'sku',
  fields: {
    quantity: { column: 'quantity', expected: (stock) => stock.onHand },
    reserved: { column: 'reserved', expected: (stock) => stock.reserved },
  },
});
// The engine knows no type of state.
const definition = selling as Parameters<typeof stateOfRow>[0];

describe('undoing a promotion', () => {
  it('asks for the row that was there, of what was written only', () => {
    const key = { key: 'JAR-2412', partition: 1, before: { quantity: 380 }, after: { quantity: 388 } };
    expect(undoing({ ...key, outcome: 'written' })).toEqual({
      key: 'JAR-2412',
      partition: 1,
      kind: 'different',
      fields: [{ field: 'quantity', history: 380, live: 388, delta: 8 }],
    });
    expect(undoing({ ...key, outcome: 'already-right' })).toBeNull();
  });

  it('deletes what was inserted, and inserts what was deleted', () => {
    const at = { key: 'K', partition: 0, outcome: 'written' as const };
    expect(undoing({ ...at, before: null, after: { quantity: 1 } })?.kind).toBe('extra');
    expect(undoing({ ...at, before: { quantity: 1 }, after: null })?.kind).toBe('missing');
  });

  it('law: without later events the undoing stands, and gives back the row that was there', () => {
    const row = fc.record({ quantity: fc.integer(), reserved: fc.integer() });
    fc.assert(
      fc.property(row, row, (before, after) => {
        const change = undoing({ key: 'K', partition: 0, outcome: 'written', before, after });
        if (change === null || change.fields.length === 0) return;
        const standing = standingOf(change, before, after);
        expect(standing.outcome).toBe('written');
        if (standing.outcome === 'written' && standing.write.kind === 'update')
          expect({ ...after, ...standing.write.fields }).toEqual(before);
      }),
    );
  });
});

describe('the state that a row would have come from', () => {
  it('holds the value of the row where the state holds the own one', () => {
    expect(stateOfRow(definition, { onHand: 388, reserved: 4 }, { quantity: 380, reserved: 4 })).toEqual({
      onHand: 380,
      reserved: 4,
    });
  });

  it('tells two places with the same figure apart by what the row says', () => {
    expect(stateOfRow(definition, { onHand: 4, reserved: 4 }, { quantity: 380, reserved: 4 })).toEqual({
      onHand: 380,
      reserved: 4,
    });
  });

  it('is none where no single place accounts for the row', () => {
    const summed = postgresState<Stock>({
      title: 'Free',
      connection: 'shop',
      table: 'free',
      key: 'sku',
      fields: { free: { column: 'free', expected: (stock) => stock.onHand - stock.reserved } },
    });
    expect(stateOfRow(summed as typeof definition, { onHand: 10, reserved: 4 }, { free: 1 })).toBeNull();
  });

  it('law: its row is the row asked for, or there is none', () => {
    const small = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(small, small, small, small, (onHand, reserved, quantity, other) => {
        const found = stateOfRow(definition, { onHand, reserved }, { quantity, reserved: other });
        expect(found).toEqual({ onHand: quantity, reserved: other });
      }),
    );
  });
});
