import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../shared/base64.ts';
import { decodeUtf8, utf8 } from '../shared/bytes.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { newKey, verifyEd25519 } from '../test-kit/signing.ts';
import {
  envelopeBytes,
  envelopeMaxBytes,
  parseEnvelope,
  preAuthEncoding,
  signerOf,
  signStatement,
  statementPayloadType,
} from './envelope.ts';

const text = (bytes: Uint8Array) => decodeUtf8(bytes) ?? '';

describe('the pre-authentication encoding', () => {
  it('is that of the DSSE v1 protocol', () => {
    expect(text(preAuthEncoding('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('counts bytes, not characters', () => {
    expect(text(preAuthEncoding('ä', utf8('€')))).toBe('DSSEv1 2 ä 3 €');
  });

  it('keeps type and payload apart', () => {
    const pair = fc.tuple(fc.string({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }));
    fc.assert(
      fc.property(pair, pair, ([typeA, bodyA], [typeB, bodyB]) => {
        fc.pre(typeA.isWellFormed() && typeB.isWellFormed());
        const same = typeA === typeB && Buffer.from(bodyA).equals(bodyB);
        const equal = Buffer.from(preAuthEncoding(typeA, bodyA)).equals(preAuthEncoding(typeB, bodyB));
        expect(equal).toBe(same);
      }),
    );
  });
});

describe('an envelope', () => {
  const statement = utf8('{"_type":"https://in-toto.io/Statement/v1"}');

  it('is signed by the key that signed it, whatever it says of its key', async () => {
    const [key, other] = [newKey(), newKey()];
    const parsed = parseEnvelope(await signStatement(statement, { keyid: 'no such key', sign: key.sign }));
    if (!parsed.ok) throw new Error(parsed.sentence);
    expect(parsed.value.payload).toEqual(statement);
    expect(await signerOf(parsed.value, [other.publicKey, key.publicKey], verifyEd25519)).toBe(key.publicKey);
    expect(await signerOf(parsed.value, [other.publicKey], verifyEd25519)).toBeNull();
    expect(await signerOf(parsed.value, [], verifyEd25519)).toBeNull();
  });

  it('is not signed where its type is another one', async () => {
    const key = newKey();
    const parsed = parseEnvelope(await signStatement(statement, { keyid: 'k', sign: key.sign }));
    if (!parsed.ok) throw new Error(parsed.sentence);
    const other = { ...parsed.value, payloadType: 'application/json' };
    expect(await signerOf(other, [key.publicKey], verifyEd25519)).toBeNull();
  });

  it('counts a library that throws, or takes a key of the wrong length, as not signed', async () => {
    const envelope = {
      payload: statement,
      payloadType: 't',
      signatures: [{ keyid: '', sig: new Uint8Array(64) }],
    };
    const throws = () => Promise.reject(new Error('no such curve'));
    expect(await signerOf(envelope, [new Uint8Array(32)], throws)).toBeNull();
    expect(await signerOf(envelope, [new Uint8Array(31)], async () => true)).toBeNull();
  });

  it('keeps the bytes that it was written with', async () => {
    const key = newKey();
    const bytes = await signStatement(statement, { keyid: 'k', sign: key.sign });
    const parsed = parseEnvelope(bytes);
    if (!parsed.ok) throw new Error(parsed.sentence);
    expect(envelopeBytes(parsed.value)).toEqual(bytes);
  });

  const sig = encodeBase64(new Uint8Array(64));
  const good = { payload: 'AAAA', payloadType: statementPayloadType, signatures: [{ keyid: 'k', sig }] };
  it('takes one and several signatures', () => {
    expect(parseEnvelope(utf8(canonicalJson(good))).ok).toBe(true);
    const two = { ...good, signatures: [...good.signatures, { keyid: 'l', sig }] };
    expect(parseEnvelope(utf8(canonicalJson(two))).ok).toBe(true);
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a field more', canonicalJson({ ...good, more: 1 }), 'fields-wrong'],
    [
      'a field more in a signature',
      canonicalJson({ ...good, signatures: [{ keyid: 'k', sig, x: 1 }] }),
      'fields-wrong',
    ],
    ['a field less', canonicalJson({ ...good, payloadType: undefined }), 'fields-wrong'],
    ['no signature', canonicalJson({ ...good, signatures: [] }), 'fields-wrong'],
    [
      'nine signatures',
      canonicalJson({ ...good, signatures: Array(9).fill(good.signatures[0]) }),
      'fields-wrong',
    ],
    ['a list', '[]', 'fields-wrong'],
    ['loose base64', canonicalJson({ ...good, payload: 'AAB=' }), 'base64-wrong'],
    [
      'base64 without padding in a signature',
      canonicalJson({ ...good, signatures: [{ keyid: 'k', sig: sig.replace('==', '') }] }),
      'base64-wrong',
    ],
    ['a space', canonicalJson(good).replace(':', ': '), 'not-canonical'],
    [
      'its fields in another order',
      JSON.stringify({ payloadType: good.payloadType, payload: good.payload, signatures: good.signatures }),
      'not-canonical',
    ],
    ['a field twice', canonicalJson(good).replace('{', '{"payload":"BBBB",'), 'not-canonical'],
    ['a needless escape', canonicalJson(good).replace('"k"', '"\\u006b"'), 'not-canonical'],
    ['a byte order mark', `\ufeff${canonicalJson(good)}`, 'not-json'],
    ['rubbish', 'x', 'not-json'],
    ['what is not UTF-8', Uint8Array.of(0xff), 'not-utf8'],
    ['too many bytes', ' '.repeat(envelopeMaxBytes + 1), 'too-large'],
    ['half of a surrogate pair', canonicalJson(good).replace('"k"', '"\\ud800"'), 'not-canonical'],
  ])('is refused with %s', (_, given, code) => {
    const bytes = typeof given === 'string' ? utf8(given) : given;
    expect(parseEnvelope(bytes)).toMatchObject({ ok: false, code });
  });

  it('is refused and nothing is thrown, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => !parseEnvelope(bytes).ok));
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseEnvelope(utf8(json)).ok).toBe(false);
      }),
    );
  });
});
