import { describe, expect, it } from 'vitest';
import { lagHref, seriesRange } from './lag-filters.ts';

describe('the range of a page of lag', () => {
  it.each([
    ['what the address names', '', '', { last: '6h' }],
    [
      'two times in order',
      '2026-03-14T10:00:00Z',
      '2026-03-14T11:00:00Z',
      { from: '2026-03-14T10:00:00.000Z', to: '2026-03-14T11:00:00.000Z' },
    ],
    ['no range, where they are not in order', '2026-03-14T11:00:00Z', '2026-03-14T10:00:00Z', { last: '6h' }],
    ['no range, where one is no time', 'yesterday', '2026-03-14T10:00:00Z', { last: '6h' }],
    ['no range, where it is longer than anything is kept', '2020-01-01', '2026-03-14', { last: '6h' }],
  ])('is %s', (_, from, to, range) => {
    expect(seriesRange({ range: '6h', from, to })).toEqual(range);
  });

  it('of a group whose name holds what addresses are made of has an address all the same', () => {
    expect(lagHref('a/b', 'group:x/y?z')).toBe('/lag/a%2Fb/group%3Ax%2Fy%3Fz');
  });
});
