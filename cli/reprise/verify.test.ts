import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
