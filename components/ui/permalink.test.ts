import { describe, expect, it } from 'vitest';
import { permalinkOf, withParams } from './permalink.ts';

describe('a permalink', () => {
  it('carries what freezes the page, beside the filters that are there', () => {
    expect(
      withParams('https://r.example/replays?contract=inventory&paused=true#findings', {
        asOf: '2026-03-14T09:26:53.000Z',
      }),
    ).toBe('https://r.example/replays?contract=inventory&asOf=2026-03-14T09%3A26%3A53.000Z#findings');
  });

  it('replaces what an earlier permalink had frozen', () => {
    expect(withParams('https://r.example/states/a?replay=old', { replay: 'new' })).toBe(
      'https://r.example/states/a?replay=new',
    );
  });

  it('says that a page which shows the present is not frozen', () => {
    expect(permalinkOf('https://r.example/?paused=true', null)).toEqual({
      href: 'https://r.example/',
      frozen: false,
    });
  });
});
