import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scalar } from '../contract/index.ts';
import { compareRow } from '../reconciliation/index.ts';
import type { Change } from './plan.ts';
import { standingOf } from './standing.ts';

type Row = Readonly<Record<string, Scalar>> | null;

function changeOf(expected: Row, live: Row): Change | null {
  return compareRow({ derivedState: 'selling', key: 'JAR-2412', partition: 1, expected, live });
}

function approved(expected: Row, live: Row): Change {
  const change = changeOf(expected, live);
  if (change === null) throw new Error('the two agree');
  return change;
}

const scalar = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.constantFrom('open', 'closed'),
  fc.constant(null),
);
const row = fc.option(fc.record({ quantity: scalar, status: scalar }), { nil: null });

describe('what of an approved change stands at the locked position', () => {
  it('writes what history says there, where later events moved both sides alike', () => {
    const change = approved({ quantity: 388 }, { quantity: 380 });
    expect(standingOf(change, { quantity: 391 }, { quantity: 383 })).toEqual({
      outcome: 'written',
      write: { kind: 'update', key: 'JAR-2412', fields: { quantity: 391 } },
    });
  });

  it('writes nothing where a figure is off by another amount than was approved', () => {
    const change = approved({ quantity: 388 }, { quantity: 380 });
    expect(standingOf(change, { quantity: 388 }, { quantity: 379 }).outcome).toBe('changed');
  });

  it('takes decimals for off by the same amount whatever their binary digits', () => {
    const change = approved({ amount: 0.3 }, { amount: 0.2 });
    expect(standingOf(change, { amount: 1.3 }, { amount: 1.2 }).outcome).toBe('written');
  });

  it.each([
    [2_000_000_000, 0, 2_000_000_002, 0],
    [3_000_000_000.25, 1, 3_000_000_000.26, 1],
    ['90071992547409930', 0, '90071992547409931', 0],
  ])('takes no amount for the approved one because both are large: %j less %j, then %j less %j', (...all) => {
    const [expected, live, expectedNow, liveNow] = all;
    const change = approved({ amount: expected }, { amount: live });
    expect(standingOf(change, { amount: expectedNow }, { amount: liveNow }).outcome).toBe('changed');
    expect(standingOf(change, { amount: expected }, { amount: live }).outcome).toBe('written');
  });

  it('inserts a row that is missing only as it was seen', () => {
    const change = approved({ quantity: 3 }, null);
    expect(standingOf(change, { quantity: 3 }, null).outcome).toBe('written');
    expect(standingOf(change, { quantity: 4 }, null).outcome).toBe('changed');
    expect(standingOf(change, null, null).outcome).toBe('already-right');
  });

  it('writes no field that nobody approved, and the approved ones beside it', () => {
    const change = approved({ quantity: 388, reserved: 4 }, { quantity: 380, reserved: 4 });
    expect(standingOf(change, { quantity: 388, reserved: 4 }, { quantity: 380, reserved: 9 })).toEqual({
      outcome: 'written',
      write: { kind: 'update', key: 'JAR-2412', fields: { quantity: 388 } },
    });
  });

  it('writes nothing where words differ in another way than was approved', () => {
    const change = approved({ status: 'open' }, { status: 'unknown' });
    expect(standingOf(change, { status: 'closed' }, { status: 'unknown' }).outcome).toBe('changed');
  });

  it('deletes a row that should not be there only as it was seen', () => {
    const change = approved(null, { quantity: 3 });
    expect(standingOf(change, null, { quantity: 3 }).outcome).toBe('written');
    expect(standingOf(change, null, { quantity: 4 }).outcome).toBe('changed');
    expect(standingOf(change, null, null).outcome).toBe('already-right');
  });

  it('law: at the very position that was compared, every approved change stands', () => {
    fc.assert(
      fc.property(row, row, (expected, live) => {
        const change = changeOf(expected, live);
        if (change !== null) expect(standingOf(change, expected, live).outcome).toBe('written');
      }),
    );
  });

  it('law: what is written makes the approved fields agree, so that a second promotion finds them right', () => {
    fc.assert(
      fc.property(row, row, row, row, (expected, live, expectedNow, liveNow) => {
        const change = changeOf(expected, live);
        if (change === null) return;
        const standing = standingOf(change, expectedNow, liveNow);
        if (standing.outcome !== 'written') return;
        const { write } = standing;
        const after = write.kind === 'delete' ? null : { ...liveNow, ...write.fields };
        expect(standingOf(change, expectedNow, after).outcome).toBe('already-right');
      }),
    );
  });

  it('law: where both sides agree nothing is ever written', () => {
    fc.assert(
      fc.property(row, row, row, (expected, live, now) => {
        const change = changeOf(expected, live);
        if (change !== null) expect(standingOf(change, now, now).outcome).toBe('already-right');
      }),
    );
  });
});
