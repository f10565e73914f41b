import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { asyncSha256, signerOf } from '../../server/adapters/evidence-log/node-keys.ts';
import { noteKey, verifierKeyText } from '../../server/domain/log/index.ts';
import { type Limit, type LogUnderTest, openLog, origin, type Spoil, serve } from './log-under-test.ts';
import { goVerifier, pythonWithLibraries, runProgram, sayNotRun } from './toolchains.ts';

const [go, python] = await Promise.all([goVerifier(), pythonWithLibraries()]);
sayNotRun('the evidence log by Go’s own library', 'absent' in go ? go.absent : null);
sayNotRun('evidence by the libraries of DSSE and in-toto', 'absent' in python ? python.absent : null);

const fullTile = 256;
const before = 100;
const entries = 300;

let log: LogUnderTest;
let folder: string;
let older: string;
let bundleFile: string;
let keyFile: string;
let other: { readonly pem: string; readonly verifierKey: string };

beforeAll(async () => {
  if ('absent' in go && 'absent' in python) return;
  folder = await mkdtemp(join(tmpdir(), 'third-party-'));
  log = await openLog(inject('databaseUrl'));
  await log.decide(before);
  older = join(folder, 'older.checkpoint');
  await writeFile(older, await log.checkpoint());
  const { id } = await log.replay();
  await log.decide(entries - before - 1);
  bundleFile = join(folder, 'bundle.json');
  await writeFile(bundleFile, await log.bundle(id));
  keyFile = join(folder, 'key.pem');
  await writeFile(keyFile, (await log.key()).pem);
  const strange = generateKeyPairSync('ed25519');
  const { publicKey } = signerOf(strange.privateKey);
  other = {
    pem: strange.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    verifierKey: verifierKeyText(await noteKey({ kind: 'note', name: origin, publicKey }, asyncSha256)),
  };
});
afterAll(async () => {
  await log?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const flipped = (body: Buffer, at: number) => {
  const changed = Buffer.from(body);
  changed[at] = (body[at] ?? 0) ^ 1;
  return changed;
};

describe.runIf('path' in go)('a log, by Go’s sumdb/note and sumdb/tlog', () => {
  const ask = async (given: { spoil?: Spoil; limit?: Limit; key?: string; older?: string } = {}) => {
    const served = await serve(log.desk, given.spoil, given.limit);
    const key = given.key ?? (await log.key()).verifierKey;
    const args = ['-log', served.address, '-key', key, '-older', given.older ?? older];
    try {
      return await runProgram('path' in go ? go.path : '', args);
    } finally {
      await served.close();
    }
  };
  const spoiling =
    (which: string, change: (body: Buffer) => Buffer): Spoil =>
    (path, body) =>
      path === which ? change(body) : body;

  it('has every entry of a full and a partial tile under its signed root, and grew from an older checkpoint', async () => {
    expect(await ask()).toEqual({
      code: 0,
      output: `${origin}: ${entries} entries, of which the first ${before} are those of the older checkpoint\n`,
    });
  });

  it('is asked again for what was asked for too often, after as long as it says, and not for ever', async () => {
    let asked = 0;
    const twice: Limit = (path) => (path === 'tile/entries/001.p/44' && ++asked <= 2 ? 1 : null);
    const since = performance.now();
    const { code, output } = await ask({ limit: twice });
    expect(output).toContain(`${origin}: ${entries} entries, of which the first ${before}`);
    expect(code).toBe(0);
    expect(asked).toBe(3);
    expect(performance.now() - since).toBeGreaterThan(2_000);
    const always: Limit = (path) => (path === 'tile/entries/000' ? 0 : null);
    expect(await ask({ limit: always })).toMatchObject({
      code: 1,
      output: expect.stringMatching(/tile\/entries\/000: 429 Too Many Requests\n$/),
    });
  });

  it.each<[string, Spoil, RegExp]>([
    [
      'a bit of a full tile',
      spoiling('tile/0/000', (body) => flipped(body, 70 * 32)),
      /downloaded inconsistent tile/,
    ],
    [
      'a bit of the partial tile',
      spoiling(`tile/0/001.p/${entries - fullTile}`, (body) => flipped(body, 5)),
      /downloaded inconsistent tile/,
    ],
    [
      'a bit of an entry',
      spoiling('tile/entries/000', (body) => flipped(body, 500)),
      /^entry 0: its hash is not the one in the tile/,
    ],
    [
      'an entry that is left out',
      spoiling('tile/entries/000', (body) => body.subarray(2 + body.readUInt16BE(0))),
      /255 entries, and not 256/,
    ],
    [
      'the size that is signed',
      spoiling('checkpoint', (body) => Buffer.from(body.toString().replace(`\n${entries}\n`, '\n299\n'))),
      /^checkpoint: .*invalid signature/,
    ],
    [
      'the root that is signed',
      spoiling('checkpoint', (body) =>
        flipped(body, body.indexOf(`\n${entries}\n`) + `\n${entries}\n`.length),
      ),
      /^checkpoint: .*invalid signature/,
    ],
    [
      'a tile that ends too early',
      spoiling(`tile/0/001.p/${entries - fullTile}`, (body) => body.subarray(32)),
      /bad result slice/,
    ],
  ])('is refused for %s', async (_what, spoil, why) => {
    const { code, output } = await ask({ spoil });
    expect(output).toMatch(why);
    expect(code).toBe(1);
  });

  it('is refused by another key, and where the older checkpoint was signed over other entries', async () => {
    expect(await ask({ key: other.verifierKey })).toMatchObject({
      code: 1,
      output: expect.stringMatching(/no verifiable signatures/),
    });
    // Its own size and another root, signed by the log's own key: what a database that was rewritten comes to.
    const rewritten = join(folder, 'rewritten.checkpoint');
    await writeFile(rewritten, await log.signed(before, Buffer.alloc(32, 7)));
    expect(await ask({ older: rewritten })).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^older checkpoint: /),
    });
  });
});

describe.runIf('path' in python)('a record, by securesystemslib and in-toto-attestation', () => {
  const program = resolve('e2e/third-party/python/verify_bundle.py');
  const ask = (bundle: string, key = keyFile) =>
    runProgram('path' in python ? python.path : '', [program, bundle, key]);

  /** The bundle with another envelope, as somebody would write it who has no key. */
  async function withEnvelope(change: (envelope: Record<string, string>) => void): Promise<string> {
    const bundle = JSON.parse(await readFile(bundleFile, 'utf8'));
    const envelope = JSON.parse(Buffer.from(bundle.envelope, 'base64').toString());
    change(envelope);
    bundle.envelope = Buffer.from(JSON.stringify(envelope)).toString('base64');
    const file = join(folder, 'spoiled.json');
    await writeFile(file, JSON.stringify(bundle));
    return file;
  }

  it('is signed over the pre-authentication encoding, and is an in-toto Statement v1 with its subjects', async () => {
    const { code, output } = await ask(bundleFile);
    expect(output).toMatch(
      /^https:\/\/reprise\.dev\/evidence\/replay\/v1\n[0-9a-f]{64} {2}plan\n[0-9a-f]{64} {2}shadow-state\n[0-9a-f]{64} {2}diff\n$/,
    );
    expect(code).toBe(0);
  });

  it.each<[string, (envelope: Record<string, string>) => void]>([
    [
      'a letter of its statement',
      (envelope) => {
        const text = Buffer.from(envelope.payload ?? '', 'base64').toString();
        envelope.payload = Buffer.from(text.replace('"trusted"', '"suspect"')).toString('base64');
      },
    ],
    [
      'its payload type',
      (envelope) => {
        envelope.payloadType = 'application/vnd.in-toto+jsom';
      },
    ],
  ])('is refused for %s', async (_what, change) => {
    expect(await ask(await withEnvelope(change))).toMatchObject({
      code: 1,
      output: expect.stringMatching(/VerificationError/),
    });
  });

  it('is refused by another key', async () => {
    const strange = join(folder, 'other.pem');
    await writeFile(strange, other.pem);
    expect((await ask(bundleFile, strange)).code).toBe(1);
  });
});
