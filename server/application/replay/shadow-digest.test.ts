import { expect, it } from 'vitest';
import { startSha256 } from '../../adapters/digests.ts';
import { emptyShadowDigest } from '../../domain/evidence/index.ts';
import { ShadowDigest } from './shadow-digest.ts';

it('the digest of no key is the one that a record is recognised by', () => {
  expect(new ShadowDigest(startSha256).end()).toBe(emptyShadowDigest);
});
