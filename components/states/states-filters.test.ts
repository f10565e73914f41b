import { describe, expect, it } from 'vitest';
import {
  isFiltered,
  type StatesFilter,
  shownFilter,
  stateMistakes,
  statesRowsInput,
} from './states-filters.ts';

const none: StatesFilter = {
  replay: null,
  state: null,
  q: '',
  kind: null,
  cause: null,
  all: false,
  fields: null,
};
const states = ['shop', 'warehouse'];
const mistakes = (query: string) => stateMistakes(new URLSearchParams(query), states);

describe('what the states page asks', () => {
  it('filters differences by state, kind, cause and key', () => {
    const filter = shownFilter(
      { ...none, state: 'warehouse', kind: 'missing', cause: 'unexplained', q: 'JAR' },
      states,
    );
    expect(statesRowsInput('stock', 'r1', filter)).toEqual({
      contractId: 'stock',
      replayId: 'r1',
      derivedState: 'warehouse',
      kind: 'missing',
      cause: 'unexplained',
      search: 'JAR',
      differingOnly: true,
    });
    expect(isFiltered(filter)).toBe(true);
  });

  it('leaves out what is of differences alone while keys in agreement are listed too', () => {
    const all = { ...none, state: 'warehouse', kind: 'missing', cause: 'unexplained', all: true } as const;
    const filter = shownFilter(all, states);
    expect(filter).toEqual({ ...none, all: true });
    expect(isFiltered(filter)).toBe(false);
    expect(isFiltered(shownFilter({ ...all, q: 'JAR' }, states))).toBe(true);
  });

  it('leaves out a derived state that the contract does not name', () => {
    expect(shownFilter({ ...none, state: 'cellar' }, states).state).toBeNull();
  });
});

describe('what of the address can’t be filtered by', () => {
  it.each([
    ['state=cellar', 'Derived state “cellar” is none of shop, warehouse, so it is left out.'],
    ['kind=wrong', 'Kind “wrong” is none of missing, extra, different, so it is left out.'],
    ['cause=foo', 'Cause “foo” is none of never-applied, applied-twice'],
    ['all=yes', 'Keys in agreement too “yes” is none of true, false'],
    ['fields=some', 'Fields in agreement too “some” is none of all'],
    ['status=failed', '“status” is no filter of this page, so it is left out. They are: replay, state, q'],
    ['cause=unexplained&cause=never-applied', '“cause” stands in the address more than once'],
    [
      'all=true&cause=unexplained',
      'Derived state, kind and cause are of differences, so they are left out while keys in agreement are listed too.',
    ],
    ['all=true&state=shop', 'are left out while keys in agreement are listed too'],
  ])('is named: %s', (query, sentence) => {
    expect(mistakes(query)).toEqual([expect.stringContaining(sentence)]);
  });

  it('is not said of what is right, or empty', () => {
    expect(
      mistakes('replay=r1&state=shop&q=JAR&kind=extra&cause=unexplained&all=false&fields=all&paused=true'),
    ).toEqual([]);
    expect(mistakes('state=&kind=&cause=&all=true&q=x')).toEqual([]);
  });
});
