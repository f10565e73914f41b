import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DerivedState } from '../contract/index.ts';
import { type Stock, stockContract } from '../test-kit/stock-contract.ts';
import { compareKeys, compareRow, deltaOf, expectedFields, sameScalar } from './compare-row.ts';
import { fieldsSeen } from './trace.ts';

const pair = { derivedState: 'selling', key: 'A', partition: 0 };

describe('comparing a row with what history says', () => {
  it('finds nothing where both sides agree, or neither has a row', () => {
    expect(compareRow({ ...pair, expected: { quantity: 388 }, live: { quantity: 388 } })).toBeNull();
    expect(compareRow({ ...pair, expected: null, live: null })).toBeNull();
  });

  it('gives the delta as live minus history', () => {
    expect(compareRow({ ...pair, expected: { quantity: 388 }, live: { quantity: 380 } })).toMatchObject({
      kind: 'different',
      magnitude: 8,
      fields: [{ field: 'quantity', history: 388, live: 380, delta: -8 }],
    });
  });

  it('tells a row that is missing from one that should not be there', () => {
    expect(compareRow({ ...pair, expected: { quantity: 3 }, live: null })).toMatchObject({
      kind: 'missing',
      magnitude: 3,
    });
    expect(compareRow({ ...pair, expected: null, live: { quantity: 3 } })).toMatchObject({ kind: 'extra' });
  });

  it.each([
    [12.5, '12.50', true],
    [1.2e-7, '0.00000012', true],
    [1.2e-7, '0.00000013', false],
    ['9007199254740993', 9007199254740992, false],
    ['12.5', '12.50', false],
    [0, null, false],
    [1, true, false],
    ['abc', 'abc', true],
  ] as const)('takes %j and %j for the same: %j', (a, b, same) => {
    expect(sameScalar(a, b)).toBe(same);
    expect(sameScalar(b, a)).toBe(same);
  });

  it('has no delta where one side is no figure', () => {
    expect(deltaOf('open', 'closed')).toBeNull();
    expect(deltaOf(null, 4)).toBeNull();
  });
});

describe('what a contract expects of a state', () => {
  const shop = stockContract.derivedStates.shop;
  const expecting = (expected: unknown) =>
    ({ ...shop, fields: { quantity: { column: 'quantity', expected } } }) as DerivedState<unknown>;

  it('is one scalar a field, and nothing is null', () => {
    expect(
      expectedFields(
        expecting((state: Stock) => state.onHand),
        { onHand: 3 },
      ),
    ).toEqual({ quantity: 3 });
    expect(
      expectedFields(
        expecting(() => undefined),
        {},
      ),
    ).toEqual({ quantity: null });
  });

  it.each([
    ['a promise', async () => 3, /fields\.quantity\.expected answered with a promise/],
    ['an object', () => ({}), /no column holds/],
    ['text that is cut within a character', () => '\u{1f600}'.slice(0, 1), /not well-formed Unicode/],
  ])('is no %s', (_, expected, sentence) => {
    expect(() => expectedFields(expecting(expected), {})).toThrow(sentence);
  });

  it('is shown as unknown in a trace where the contract fails to say it', () => {
    const fails = expecting(() => {
      throw new Error('no');
    });
    expect(fieldsSeen({ shop: fails }, {})).toEqual({ quantity: null });
  });
});

describe('the order of keys', () => {
  it('is the order of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});
