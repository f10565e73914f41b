import { describe, expect, it } from 'vitest';
import { scopeFromFlags } from './scope-flags.ts';

describe('scope flags', () => {
  it.each([
    [{}, { kind: 'all' }],
    [{ partitions: '0,3' }, { kind: 'partitions', partitions: [0, 3] }],
    [{ offsets: ['2:0-514'] }, { kind: 'offsets', ranges: [{ partition: 2, from: '0', to: '514' }] }],
    [
      { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00+01:00' },
      { kind: 'time', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00+01:00' },
    ],
    [{ keys: ['A', 'B'] }, { kind: 'keys', keys: ['A', 'B'] }],
  ])('%j means %j', (flags, scope) => {
    expect(scopeFromFlags(flags)).toEqual(scope);
  });

  it.each([
    [{ partitions: 'x' }, /no partition number/],
    [{ offsets: ['2:0'] }, /no range/],
    [{ from: '2026-01-01T00:00:00Z' }, /both --from and --to/],
    [{ from: 'yesterday', to: 'today' }, /from:/],
    [{ keys: [''] }, /keys/],
    [{ keys: ['A'], partitions: '1' }, /of one kind/],
  ])('%j is refused with what is wrong', (flags, sentence) => {
    expect(() => scopeFromFlags(flags)).toThrowError(sentence);
  });
});
