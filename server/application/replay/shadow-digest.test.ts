import { expect, it } from 'vitest';
import { startSha256 } from '../../adapters/digests.ts';
import { emptyShadowDigest } from '../../domain/evidence/index.ts';
import { ShadowDigest } from './shadow-digest.ts';

it('the digest of no key is the one that a record is recognised by', () => {
  expect(new ShadowDigest(startSha256).end()).toBe(emptyShadowDigest);
});

it('the digest is the same in whatever order the names of a state are stored', () => {
  const ends = [
    '{"lots":{"z":1,"a":{"y":-0,"b":[2]}},"at":"ä"}',
    '{"at":"ä","lots":{"a":{"b":[2],"y":0},"z":1}}',
  ].map((state) => {
    const digest = new ShadowDigest(startSha256);
    digest.add('k', state);
    return digest.end();
  });
  expect(ends[0]).toBe(ends[1]);
});
