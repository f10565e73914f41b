import fc from 'fast-check';
import { expect, it } from 'vitest';
import { localPath } from './door-answers.ts';

it.each([
  ['/replays?contract=inventory#top', '/replays?contract=inventory#top'],
  [null, '/'],
  ['', '/'],
  ['https://elsewhere.example/', '/'],
  ['//elsewhere.example/', '/'],
  ['/\\elsewhere.example', '/'],
  ['/..//elsewhere.example', '/elsewhere.example'],
])('after the door %s leads to %s', (next, path) => expect(localPath(next)).toBe(path));

it('what follows the door is always on this site', () => {
  const site = 'https://reprise.example';
  const near = fc.stringMatching(/^[/\\:.a-z@?#%\s]{0,12}$/);
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (next) => {
      expect(new URL(localPath(next), site).origin).toBe(site);
    }),
  );
});
