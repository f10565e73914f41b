import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeNext } from './safe-next.ts';

describe('where to go after the door', () => {
  it.each([
    ['/replays/new?contract=inventory', '/replays/new?contract=inventory'],
    ['/evidence?peek=1#top', '/evidence?peek=1#top'],
    [null, '/'],
    ['', '/'],
    ['https://elsewhere.example/', '/'],
    ['//elsewhere.example/', '/'],
    ['/\\elsewhere.example', '/'],
    ['/..//elsewhere.example', '/elsewhere.example'],
    ['javascript:alert(1)', '/'],
  ])('%s leads to %s', (next, path) => expect(safeNext(next)).toBe(path));

  it('is always on this site', () => {
    const site = 'http://127.0.0.1:3000';
    const near = fc.stringMatching(/^[/\\:.a-z@?#%\s]{0,12}$/);
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (next) => {
        expect(new URL(safeNext(next), site).origin).toBe(site);
      }),
    );
  });
});
