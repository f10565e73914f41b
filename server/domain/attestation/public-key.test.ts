import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newKey, sha256 } from '../test-kit/signing.ts';
import { keyId, parsePublicKeyPem, publicKeyPem, publicKeySpki } from './public-key.ts';

describe('a public key', () => {
  it('is written as OpenSSL writes it, and read back', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ format: 'pem', type: 'spki' });
    const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    expect(publicKeyPem(raw)).toBe(pem);
    expect(parsePublicKeyPem(String(pem))).toEqual({ ok: true, value: raw });
  });

  it('is named by the digest of its DER', async () => {
    const { publicKey } = newKey();
    const digest = createHash('sha256').update(publicKeySpki(publicKey)).digest('hex');
    expect(await keyId(publicKey, sha256)).toBe(digest);
  });

  it('is of 32 bytes', () => {
    expect(() => publicKeySpki(new Uint8Array(31))).toThrow(RangeError);
  });

  const pemOf = (type: 'x25519' | 'ed25519') =>
    String(generateKeyPairSync(type as 'ed25519').publicKey.export({ format: 'pem', type: 'spki' }));
  it.each([
    ['of another curve', pemOf('x25519'), 'not-ed25519'],
    ['of another length', publicKeyPem(new Uint8Array(32)).replace(/M.*\n/, 'MCow\n'), 'not-ed25519'],
    ['without its first line', pemOf('ed25519').replace(/^.*\n/, ''), 'not-pem'],
    ['with rubbish between', pemOf('ed25519').replace('MC', '!!'), 'not-pem'],
    [
      'that is secret',
      String(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' })),
      'not-pem',
    ],
    ['of nothing', '', 'not-pem'],
  ])('is refused: one %s', (_, pem, code) => {
    expect(parsePublicKeyPem(pem)).toMatchObject({ ok: false, code });
  });
});
