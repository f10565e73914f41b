import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { noteKey, parseSignerKey, signerKeyText, verifierKeyText } from './domain/log/index.ts';
import { judgeOffer } from './domain/log/witness.ts';
import { readWitnessKeys } from './witness-keys.ts';

const tree = (size: number, root: number) => ({ size, root: new Uint8Array(32).fill(root) });
const sha256 = async (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('what a log shows to whoever remembers a checkpoint', () => {
  it.each([
    ['first', null, tree(3, 1)],
    ['same', tree(3, 1), tree(3, 1)],
    ['grown', tree(3, 1), tree(4, 2)],
    ['rolled-back', tree(3, 1), tree(2, 1)],
    ['rolled-back', tree(3, 1), tree(0, 0)],
    ['forked', tree(3, 1), tree(3, 2)],
  ] as const)('is %s', (offer, remembered, offered) => {
    expect(judgeOffer(remembered, offered)).toBe(offer);
  });
});

describe('the private key of a signer', () => {
  const seed = new Uint8Array(32).fill(7);
  it('is read as it was written, and none that is damaged', async () => {
    const key = await noteKey(
      { kind: 'cosignature', name: 'w.example', publicKey: new Uint8Array(32) },
      sha256,
    );
    const text = signerKeyText(key, seed);
    expect(text).toMatch(/^PRIVATE\+KEY\+w\.example\+[0-9a-f]{8}\+BAcHBw/);
    expect(parseSignerKey(text)).toEqual({
      ok: true,
      value: { kind: 'cosignature', name: 'w.example', keyId: key.keyId, seed },
    });
    for (const bad of [
      '',
      'PRIVATE',
      text.slice(0, -1),
      `${text}A`,
      text.replace('+BA', '+BQ'),
      text.slice(8),
    ]) {
      const read = parseSignerKey(bad);
      expect(read.ok).toBe(false);
      expect(JSON.stringify(read)).not.toContain('BwcHBw');
    }
  });
});

describe('the verifier keys of witnesses', () => {
  it('are read one after the other, each once, and with the id that follows from them', async () => {
    const publicKey = new Uint8Array(32).fill(9);
    const key = await noteKey({ kind: 'cosignature', name: 'w.example', publicKey }, sha256);
    const other = await noteKey({ kind: 'cosignature', name: 'v.example', publicKey }, sha256);
    const text = verifierKeyText(key);
    expect(readWitnessKeys(`${text}, ${verifierKeyText(other)}`)).toEqual([key, other]);
    const note = await noteKey({ kind: 'note', name: 'w.example', publicKey }, sha256);
    expect(readWitnessKeys(verifierKeyText(note))).toMatch(/another kind/);
    expect(readWitnessKeys(`${text},${text}`)).toMatch(/twice/);
    expect(readWitnessKeys(text.replace('w.example', 'x.example'))).toMatch(/whose id is/);
    for (const bad of ['', 'w.example', `${text},`, text.slice(0, -4)])
      expect(readWitnessKeys(bad)).toMatch(/must be/);
  });
});
