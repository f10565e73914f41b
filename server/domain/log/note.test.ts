import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../shared/bytes.ts';
import { newKey, sha256, verifyEd25519 } from '../test-kit/signing.ts';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';
import { cosign, verifyCosignature } from './cosignature.ts';
import { leafHash } from './hashes.ts';
import { type Note, noteText, parseNote, signNote, verifyNote, withSignature } from './note.ts';
import { type NoteKey, noteKey, parseVerifierKey, verifierKeyText } from './note-key.ts';

/** The example of Go's sumdb/note, and a second signature on it. */
const go = {
  key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  line: '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  other:
    '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n',
  otherKey: 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
};
/** The example of C2SP signed-note. */
const c2sp = {
  key: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  note: 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
};

async function keyOf(text: string): Promise<NoteKey> {
  const key = await parseVerifierKey(text, sha256);
  if (!key.ok) throw new Error(key.sentence);
  return key.value;
}
function noteOf(text: string): Note {
  const note = parseNote(text);
  if (!note.ok) throw new Error(note.sentence);
  return note.value;
}
const verified = async (note: string, key: string) => {
  const result = await verifyNote(noteOf(note), await keyOf(key), verifyEd25519);
  return result.ok ? 'verified' : result.code;
};

describe('a signed note', () => {
  it.each([
    ['of Go’s sumdb/note', `${go.text}\n${go.line}`, go.key],
    ['of C2SP', c2sp.note, c2sp.key],
    ['whose other signatures nobody knows', `${go.text}\n${go.other}${go.other}${go.line}`, go.key],
  ])('%s verifies', async (_, note, key) => {
    expect(await verified(note, key)).toBe('verified');
    expect(noteText(noteOf(note))).toBe(note);
  });

  it.each([
    ['of another text', `${go.text.replace('answer', 'Answer')}\n${go.line}`, 'signature-wrong'],
    ['by nobody who is known', `${go.text}\n${go.other}`, 'signature-missing'],
    ['twice', `${go.text}\n${go.line}${go.line}`, 'signature-twice'],
    [
      'of the right name and another id',
      `${go.text}\n${go.line.replace('x08g', 'x08A')}`,
      'signature-missing',
    ],
    [
      'of the right id and another name',
      `${go.text}\n${go.line.replace('Peter', 'peter')}`,
      'signature-missing',
    ],
    ['that is cut short', `${go.text}\n${go.line.replace('nAM=', '')}`, 'signature-wrong'],
  ])('does not verify with a signature %s', async (_, note, code) => {
    expect(await verified(note, go.key)).toBe(code);
  });

  it.each([
    ['no signature', go.text],
    ['an empty line alone', `${go.text}\n`],
    ['no newline at its end', `${go.text}\n${go.line.slice(0, -1)}`],
    ['a control character', `\u0001${go.text}\n${go.line}`],
    ['a carriage return', `${go.text.replace('\n', '\r\n')}\n${go.line}`],
    ['half of a surrogate pair', `\ud800${go.text}\n${go.line}`],
    ['a space in a name', `${go.text}\n${go.line.replace('Peter', 'Peter ')}`],
    ['a space of another kind in a name', `${go.text}\n${go.line.replace('Peter', 'Peter\u00a0')}`],
    ['a plus in a name', `${go.text}\n${go.line.replace('Peter', 'Peter+')}`],
    ['another line after its signatures', `${go.text}\n${go.line}Unexpected line.\n`],
    ['a hyphen for the dash', `${go.text}\n${go.line.replace('—', '-')}`],
    ['loose base64', `${go.text}\n${go.line.replace('nAM=', 'nAN=')}`],
    ['a signature without one', `${go.text}\n— PeterNeumann x08gow==\n`],
    ['101 signatures', `${go.text}\n${go.line.repeat(101)}`],
    ['more characters than any note has', `${'x'.repeat(300_000)}\n\n${go.line}`],
  ])('is refused with %s', (_, note) => {
    expect(parseNote(note)).toMatchObject({ ok: false, code: 'note-malformed' });
  });

  it('is parted from its signatures at its last empty line', () => {
    expect(noteOf(`a\n\nb\n\n${go.line}`).text).toBe('a\n\nb\n');
  });

  it('is signed and read back, whatever its text', async () => {
    const { publicKey, sign } = newKey();
    const key = await noteKey({ kind: 'note', name: 'reprise.example/log', publicKey }, sha256);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), async (lines) => {
        const text = `${lines.join('\n')}\n`;
        const note = noteOf(await signNote(text, { key, sign }));
        expect(note.text).toBe(text);
        expect(await verifyNote(note, key, verifyEd25519)).toEqual({ ok: true, value: null });
      }),
      { numRuns: 50 },
    );
    await expect(signNote('no newline', { key, sign })).rejects.toThrow(RangeError);
  });
});

describe('a verifier key', () => {
  it.each([go.key, c2sp.key, go.otherKey])('%s is read and written', async (text) => {
    expect(verifierKeyText(await keyOf(text))).toBe(text);
  });

  it('says by its first byte what it signs', async () => {
    const { publicKey } = newKey();
    for (const kind of ['note', 'cosignature'] as const) {
      const text = verifierKeyText(await noteKey({ kind, name: 'a', publicKey }, sha256));
      expect(await keyOf(text)).toMatchObject({ kind, publicKey });
    }
  });

  it('is refused with any part of it missing or changed', async () => {
    for (let at = 0; at < go.key.length; at += 1) {
      const next = String.fromCharCode(go.key.charCodeAt(at) + 1);
      const changed = [
        go.key.slice(0, at),
        go.key.slice(at + 1),
        go.key.slice(0, at) + next + go.key.slice(at + 1),
      ];
      for (const each of changed)
        if (each !== go.key) expect((await parseVerifierKey(each, sha256)).ok).toBe(false);
    }
  });

  it.each([
    [
      'of another length',
      'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
      'key-malformed',
    ],
    [
      'of another algorithm',
      'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      'key-kind-unknown',
    ],
    ['with an id in capitals', go.key.replace('c74f20a3', 'C74F20A3'), 'key-malformed'],
    ['with another id', go.key.replace('c74f20a3', 'c74f20a4'), 'key-id-wrong'],
  ])('%s is refused', async (_, text, code) => {
    expect(await parseVerifierKey(text, sha256)).toMatchObject({ ok: false, code });
  });
});

const root = new Uint8Array(Buffer.from('TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=', 'base64'));
const text = 'go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n';

describe('a checkpoint', () => {
  const checkpoint = { origin: 'go.sum database tree', size: 123_456_789_012, root, extensions: [] };

  it('is the text that Go’s sumdb/tlog writes', async () => {
    expect(root).toEqual(await leafHash(utf8('hello world'), sha256));
    expect(checkpointText(checkpoint)).toBe(text);
    expect(parseCheckpoint(text)).toEqual({ ok: true, value: checkpoint });
  });

  it('keeps lines that it does not know', () => {
    const more = { ...checkpoint, extensions: ['one', 'two'] };
    expect(checkpointText(more)).toBe(`${text}one\ntwo\n`);
    expect(parseCheckpoint(`${text}one\ntwo\n`)).toEqual({ ok: true, value: more });
  });

  it.each([
    ['no newline at its end', text.slice(0, -1)],
    ['no origin', text.replace('go.sum database tree', '')],
    ['no root', text.split('\n').slice(0, 2).join('\n').concat('\n')],
    ['an empty line', `${text}\n`],
    ['a size with a zero before it', text.replace('123456789012', '0123456789012')],
    ['a size in another base', text.replace('123456789012', '0xabcdef')],
    ['a negative size', text.replace('123456789012', '-1')],
    ['a size beyond what is counted exactly', text.replace('123456789012', '9007199254740992')],
    ['a root of another length', text.replace('BWb0=', 'BTOOBIG=').replace('wBb0=', 'wBTOOBIG=')],
    ['loose base64', text.replace('wBb0=', 'wBb1=')],
    ['a control character', text.replace('tree', 'tr\tee')],
    ['nothing', ''],
  ])('is refused with %s', (_, given) => {
    expect(parseCheckpoint(given)).toMatchObject({ ok: false, code: 'checkpoint-malformed' });
  });

  it.each([
    ['an origin of two lines', { origin: 'a\nb' }],
    ['an empty extension', { extensions: [''] }],
    ['a short root', { root: root.subarray(1) }],
    ['half an entry', { size: 0.5 }],
  ])('is not written with %s', (_, change) => {
    expect(() => checkpointText({ ...checkpoint, ...change })).toThrow(RangeError);
  });
});

describe('a cosignature', () => {
  const witness = newKey();
  const cosigned = async (seconds: number) => {
    const key = await noteKey(
      { kind: 'cosignature', name: 'witness.example', publicKey: witness.publicKey },
      sha256,
    );
    const note = noteOf(`${text}\n${go.line}`);
    return { key, note: withSignature(note, await cosign(text, { key, sign: witness.sign }, seconds)) };
  };

  it('says when a witness has seen a checkpoint', async () => {
    const { key, note } = await cosigned(1_679_315_147);
    expect(await verifyCosignature(noteOf(noteText(note)), key, verifyEd25519)).toEqual({
      ok: true,
      value: { seconds: 1_679_315_147 },
    });
  });

  it('is over its header, its time and the whole text, and begins with its time', async () => {
    const { note } = await cosigned(1_679_315_147);
    const { signature = new Uint8Array(0) } = note.signatures[1] ?? {};
    const message = utf8(`cosignature/v1\ntime 1679315147\n${text}`);
    expect(await verifyEd25519(witness.publicKey, message, signature.subarray(8))).toBe(true);
    expect(Buffer.from(signature.subarray(0, 8)).toString('hex')).toBe('00000000641850cb');
  });

  it('fails with any bit of it flipped', async () => {
    const { key, note } = await cosigned(1_679_315_147);
    const [first, second] = note.signatures;
    if (first === undefined || second === undefined) throw new Error('two signatures');
    for (let bit = 0; bit < second.signature.length * 8; bit += 1) {
      const signature = second.signature.map((byte, at) =>
        at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
      );
      const changed = { ...note, signatures: [first, { ...second, signature }] };
      expect((await verifyCosignature(changed, key, verifyEd25519)).ok).toBe(false);
    }
  });

  it('is none of another checkpoint, and none that is cut short', async () => {
    const { key, note } = await cosigned(1);
    const other = { ...note, text: text.replace('2\n', '3\n') };
    expect(await verifyCosignature(other, key, verifyEd25519)).toMatchObject({ code: 'signature-wrong' });
    const short = note.signatures.map((each) => ({ ...each, signature: each.signature.subarray(1) }));
    expect(await verifyCosignature({ ...note, signatures: short }, key, verifyEd25519)).toMatchObject({
      code: 'cosignature-malformed',
    });
  });

  it('is not made with a key of notes, and a note is not signed with a witness’s', async () => {
    const { key } = await cosigned(1);
    const ofNotes = await noteKey({ ...key, kind: 'note' }, sha256);
    expect(ofNotes.keyId).not.toBe(key.keyId);
    await expect(cosign(text, { key: ofNotes, sign: witness.sign }, 1)).rejects.toThrow(RangeError);
    await expect(cosign(text, { key, sign: witness.sign }, 1.5)).rejects.toThrow(RangeError);
    await expect(signNote(text, { key, sign: witness.sign })).rejects.toThrow(RangeError);
  });
});
