import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesOf, readKey, readWitness } from './key-files.ts';
import { exitCodes } from './outcome.ts';
import { verifyEvidence } from './verify.ts';

let folder: string;
let key: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-verify-'));
  key = join(folder, 'key.pem');
  await writeFile(key, pem());
});
afterAll(() => rm(folder, { recursive: true }));

const pem = () => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });

async function verified(bundle: string, keyFile = key) {
  const file = join(folder, 'of.evidence.json');
  await writeFile(file, bundle);
  const said: string[] = [];
  const output = { out: (text: string) => said.push(text), bytes: () => 0, err: () => 0 };
  const exit = await verifyEvidence({ output }, file, { key: [keyFile] });
  return { exit, text: said.join('\n') };
}

it('a bundle draws no report of its own on the terminal', async () => {
  const drawn = '\u001b[2J\u001b[H\r\nAll of it holds.\n\u009b8m\u202e';
  const { exit, text } = await verified(JSON.stringify({ [drawn]: 1 }));
  expect(exit).toBe(exitCodes.notGood);
  expect(text).toContain('All of it holds.');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(text.split('\n')).not.toContain('All of it holds.');
  expect(text.split('\n').at(-1)).toBe('NOT ALL OF IT HOLDS.');
});

it('a key is read from a file whose path has a plus in it', async () => {
  await mkdir(join(folder, 'a+b'));
  const file = join(folder, 'a+b', 'key.pem');
  await writeFile(file, pem());
  expect(await readKey(file)).toMatchObject({ origin: null });
  await expect(readKey('log.example+0123abcd+AAAA')).rejects.not.toThrow("can't be read");
});

it('of a file no more is read than is asked for', async () => {
  const file = join(folder, 'long');
  await writeFile(file, 'x'.repeat(300_000));
  expect((await bytesOf(file, 100_001)).length).toBe(100_001);
  expect((await bytesOf(file, 65_536)).length).toBe(65_536);
  expect((await bytesOf(file, 400_000)).length).toBe(300_000);
  await expect(bytesOf(join(folder, 'none'), 1)).rejects.toThrow("none can't be read (ENOENT).");
});

it('a bundle that is too long is said to be, and not read to its end', async () => {
  const file = join(folder, 'endless');
  await writeFile(file, '');
  await truncate(file, 2 ** 36);
  const said: string[] = [];
  const output = { out: (text: string) => said.push(text), bytes: () => 0, err: () => 0 };
  expect(await verifyEvidence({ output }, file, { key: [key] })).toBe(exitCodes.notGood);
  expect(said.join()).toContain('too-large');
});

const keys = generateKeyPairSync('ed25519');
const wrongKeys: readonly [what: string, content: string | Buffer, said: RegExp][] = [
  ['an empty file', ' \n', /is no public key, but empty\. Give PEM/],
  [
    'a private key',
    keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    /but a private key: keep it to yourself, and give its public one\. Give PEM/,
  ],
  ['a signer of a witness', 'PRIVATE+KEY+w+0123abcd+AAAA', /but the private key of a witness: keep it/],
  [
    'another PEM',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    /PEM of another kind \(CERTIFICATE\)/,
  ],
  ['a key of SSH', 'ssh-ed25519 AAAA ada', /but a key of SSH/],
  ['a bundle', '{"envelope":"e30="}', /but JSON, such as a bundle/],
  [
    'a checkpoint',
    `log.example\n0\n${'A'.repeat(43)}=\n\n— log.example ${'A'.repeat(92)}\n`,
    /but a signed note/,
  ],
  ['DER', keys.publicKey.export({ type: 'spki', format: 'der' }), /but not text \(a key in DER becomes PEM/],
  ['some text', 'the key is in the drawer', /but other text\. Give PEM .* or a verifier key \(<name>/],
  [
    'a key of RSA',
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }),
    /none of Ed25519/,
  ],
];
it.each(wrongKeys)('of a file that is no key it is said what it is: %s', async (_what, content, said) => {
  const file = join(folder, 'no-key');
  await writeFile(file, content);
  const error = await readKey(file).catch((each: unknown) => each);
  expect(error).toMatchObject({ code: 'input-invalid', message: expect.stringMatching(said) });
  expect(String(error)).not.toContain('MC4CAQ');
});

it('a key or a checkpoint that is no short text is refused, and not read to its end', async () => {
  const file = join(folder, 'endless');
  await writeFile(file, '');
  await truncate(file, 2 ** 36);
  const tooLong = /has more than 65536 bytes: neither a key nor a checkpoint is so long\./;
  await expect(readKey(file)).rejects.toThrow(tooLong);
  await expect(readWitness(file)).rejects.toThrow(tooLong);
  const output = { out: () => 0, bytes: () => 0, err: () => 0 };
  const bundle = join(folder, 'of.evidence.json');
  await writeFile(bundle, '{}');
  await expect(verifyEvidence({ output }, bundle, { key: [key], checkpoint: file })).rejects.toThrow(tooLong);
});

it.each(['', 'a b', 'a+b'])(
  'a log can’t be called “%s”, which is said and no failure of ours',
  async (origin) => {
    const output = { out: () => 0, bytes: () => 0, err: () => 0 };
    const bundle = join(folder, 'any.evidence.json');
    await writeFile(bundle, '{}');
    await expect(verifyEvidence({ output }, bundle, { key: [key], origin })).rejects.toMatchObject({
      code: 'input-invalid',
      where: '--origin',
    });
  },
);

it('of a file that is no key of a witness it is said which form is taken', async () => {
  await expect(readWitness(key)).rejects.toThrow(
    /is no key of a witness, but PEM of another kind \(PUBLIC KEY\)\. Give a verifier key/,
  );
});
