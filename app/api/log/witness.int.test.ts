import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { makeWitnessKey, type WitnessFlags, witnessLog } from '@/cli/reprise/witness.ts';
import { evidenceLogStore } from '@/server/adapters/evidence-log/log-store.ts';
import { asyncSha256, keyOfSeed, signerOf, verifyEd25519 } from '@/server/adapters/evidence-log/node-keys.ts';
import {
  createMigratedDatabase,
  type ScratchDatabase,
  withoutRules,
} from '@/server/adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '@/server/adapters/postgres/unit-of-work.ts';
import { resultStore } from '@/server/adapters/replay-store/index.ts';
import { exportBundle } from '@/server/application/evidence/export-bundle.ts';
import { recordEvidence } from '@/server/application/evidence/record-evidence.ts';
import { signCheckpoint } from '@/server/application/evidence/sign-checkpoint.ts';
import { statementText } from '@/server/domain/evidence/index.ts';
import {
  checkpointText,
  cosign,
  type NoteKey,
  noteKey,
  noteText,
  parseCheckpoint,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signNote,
  verifierKeyText,
  verifyCosignature,
  withSignature,
} from '@/server/domain/log/index.ts';
import { eachKind } from '@/server/domain/test-kit/each-kind.ts';
import { decisionText } from '@/server/domain/test-kit/records.ts';
import { parseBundle, verifyBundle } from '@/server/domain/verification/index.ts';

/** The name of a log is made with its first entry, so each test has a log, a database and a web process' routes of its own. */
let database: ScratchDatabase;
let pool: pg.Pool;
let lawless: pg.Pool;
let state: string;
let logKey: NoteKey;
let witnessKey: NoteKey;
let keyFile: string;
let web: { address: string; close: () => Promise<unknown> };
const folders: string[] = [];
const signing = generateKeyPairSync('ed25519').privateKey;
const signer = signerOf(signing);
const origin = 'log.example.test/api/log';
const nobody = { id: 'nobody', email: 'nobody@example.test', roles: [] };
const sealing = { log: evidenceLogStore, signer, sha256: asyncSha256, verifyEd25519, originOfNew: origin };

async function record(count: number): Promise<string> {
  let id = '';
  for (let at = 0; at < count; at += 1) {
    id = randomUUID();
    await createUnitOfWork(pool).run((tx) =>
      recordEvidence({ results: resultStore, sealing }, tx, { id, text: decisionText(id) }, []),
    );
  }
  // As a worker does within seconds.
  await signCheckpoint({ unitOfWork: createUnitOfWork(pool), sealing }, []);
  return id;
}

/** A man in the middle: answers in place of the log, or lets it answer. */
let middle: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  lawless = new pg.Pool({ connectionString: withoutRules(database), max: 1 });
  const folder = await mkdtemp(join(tmpdir(), 'witness-key-'));
  folders.push(folder);
  keyFile = join(folder, 'witness.key');
  const printed: string[] = [];
  await makeWitnessKey(
    { ...silent, out: (text) => void printed.push(text) },
    { out: keyFile, name: 'witness.example' },
  );
  const parsed = await parseVerifierKey(printed[0] ?? '', asyncSha256);
  if (!parsed.ok) throw new Error(parsed.sentence);
  witnessKey = parsed.value;
  logKey = await noteKey({ kind: 'note', name: origin, publicKey: signer.publicKey }, asyncSha256);
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
    REPRISE_SIGNING_KEY: String(signing.export({ format: 'pem', type: 'pkcs8' })),
    REPRISE_WITNESS_KEYS: verifierKeyText(witnessKey),
  });
  web = await serveRoutes();
});
afterAll(async () => {
  await web?.close();
  await (await import('@/app/_trpc/context.ts')).dashboard().close();
  await Promise.all([pool?.end(), lawless?.end()]);
  await database?.drop();
  for (const folder of folders) await rm(folder, { recursive: true });
});
beforeEach(async () => {
  middle = () => false;
  state = await mkdtemp(join(tmpdir(), 'witness-'));
  folders.push(state);
  await lawless.query(
    'TRUNCATE log_head, log_entry, log_hash, log_checkpoint, log_cosignature, evidence_index, evidence_record, evidence_key, request_rate CASCADE',
  );
});

const silent = { out: () => undefined, bytes: () => undefined, err: () => undefined };

/** The route's own handlers behind a real HTTP server. */
async function serveRoutes() {
  const { GET, POST } = await import('./[...path]/route.ts');
  const server = createServer(async (incoming, outgoing) => {
    if (middle(incoming, outgoing)) return;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host}`);
    const params = Promise.resolve({ path: url.pathname.slice('/api/log/'.length).split('/') });
    const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const isPost = incoming.method === 'POST';
    const request = new Request(url, {
      method: isPost ? 'POST' : 'GET',
      headers,
      ...(isPost ? { body: Buffer.concat(chunks) } : {}),
    });
    const response = await (isPost ? POST : GET)(request, { params });
    outgoing
      .writeHead(response.status, Object.fromEntries(response.headers))
      .end(Buffer.from(await response.arrayBuffer()));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/log`,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

/** One look of the witness, as `reprise witness` makes it. */
async function look(flags: WitnessFlags = {}) {
  const said: string[] = [];
  let note = '';
  const code = await witnessLog(
    {
      out: (text) => void said.push(text),
      err: (text) => void said.push(text),
      bytes: (text) => {
        note = text;
      },
    },
    { log: web.address, key: [verifierKeyText(logKey)], state, keyFile, ...flags },
    new AbortController().signal,
  );
  return { code, said: said.join('\n'), note };
}

const post = async (note: string) => {
  const response = await fetch(`${web.address}/cosignatures`, { method: 'POST', body: note });
  return { status: response.status, said: await response.text() };
};
const shown = async () => (await fetch(`${web.address}/checkpoint`)).text();
const audited = async () =>
  (
    await pool.query(
      `SELECT actor, outcome, subject, detail FROM audit_entry WHERE action = 'checkpoint.cosigned' ORDER BY id DESC`,
    )
  ).rows;
const sizeIn = (note: string) => {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  return checkpoint.ok ? checkpoint.value.size : null;
};
/** The database as it was after so many entries. */
const setBack = (size: number) =>
  lawless.query(
    `DELETE FROM log_entry WHERE index >= ${size}; DELETE FROM log_cosignature WHERE size > ${size};
     DELETE FROM log_checkpoint WHERE size > ${size}; DELETE FROM log_hash WHERE (index + 1) * (1 << level) > ${size};
     UPDATE log_head SET size = ${size}; DELETE FROM evidence_record WHERE id NOT IN (SELECT evidence_id FROM log_entry)`,
  );

async function cosignedBy(
  key: NoteKey,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
  note: string,
  seconds = Math.floor(Date.now() / 1000),
) {
  const parsed = parseNote(note);
  if (!parsed.ok) throw new Error(parsed.sentence);
  return noteText(withSignature(parsed.value, await cosign(parsed.value.text, { key, sign }, seconds)));
}

async function witnessSign() {
  const key = parseSignerKey((await readFile(keyFile, 'utf8')).trim());
  if (!key.ok) throw new Error(key.sentence);
  return signerOf(keyOfSeed(key.value.seed)).sign;
}

describe('a witness', () => {
  it('cosigns a log that grows, hands it back, and the log serves it', async () => {
    await record(3);
    const first = await look();
    expect(first).toMatchObject({ code: 0, said: expect.stringContaining('for the first time') });
    for (const more of [1, 4, 300]) {
      await record(more);
      const { code, note } = await look();
      expect(code).toBe(0);
      const parsed = parseNote(note);
      if (!parsed.ok) throw new Error(parsed.sentence);
      expect((await verifyCosignature(parsed.value, witnessKey, verifyEd25519)).ok).toBe(true);
      expect(await shown()).toBe(note);
    }
    // Nothing new: nothing is signed anew, and what was is known already.
    const again = await look();
    expect(again).toMatchObject({ code: 0, note: await shown() });
    expect((await audited()).slice(0, 4)).toEqual(
      [308, 8, 4, 3].map((size) => ({
        actor: `witness:witness.example+${witnessKey.keyId}`,
        outcome: 'done',
        subject: `checkpoint:${size}`,
        detail: {},
      })),
    );
    expect(await readdir(join(state, 'seen'))).toHaveLength(4);
  });

  it('makes anew what it has cosigned, where somebody has damaged that', async () => {
    await record(2);
    const { note } = await look();
    const [file = ''] = await readdir(join(state, 'cosigned'));
    const path = join(state, 'cosigned', file);
    const lines = note.split('\n');
    const own = lines.findIndex((line) => line.startsWith('— '));
    await writeFile(path, lines.toSpliced(own, 1).join('\n'));
    const again = await look();
    expect(again.code).toBe(0);
    // By the log's own signature and the witness' one, the second of a later moment perhaps.
    expect(again.note.split('\n').slice(0, own + 1)).toEqual(lines.slice(0, own + 1));
    expect(again.note.split('\n')).toHaveLength(lines.length);
    expect(await readFile(path, 'utf8')).toBe(again.note);
  });

  it('is shown with what it has cosigned last', async () => {
    const { queries } = (await import('@/app/_trpc/context.ts')).dashboard();
    await record(2);
    const name = `witness.example+${witnessKey.keyId}`;
    expect((await queries.evidenceLog()).witnesses).toEqual([{ name, cosigned: null }]);
    await look();
    await record(1);
    expect(await queries.evidenceLog()).toMatchObject({
      origin,
      size: 3,
      checkpoint: { size: 3 },
      witnesses: [{ name, cosigned: { size: 2, at: expect.stringMatching(/^20/) } }],
    });
  });

  it('makes what a bundle is verified by, and changes no bundle that was exported before', async () => {
    const evidenceId = await record(2);
    const deps = {
      unitOfWork: createUnitOfWork(pool),
      sealing,
      witnesses: [witnessKey],
      pause: (ms: number) => sleep(ms),
    };
    const request = { evidenceId, fromSizes: [], attachments: [] };
    const plain = await exportBundle(deps, request);
    await expect(exportBundle(deps, { ...request, cosigned: true })).rejects.toThrow(/yet/);
    await look();
    expect(await exportBundle(deps, request)).toEqual(plain);
    const bytes = await exportBundle(deps, { ...request, cosigned: true });
    const verify = (bundle: Uint8Array) =>
      verifyBundle({
        bytes: bundle,
        recordKeys: [signer.publicKey],
        checkpointKeys: [signer.publicKey],
        origin,
        witnesses: [witnessKey],
        sha256: asyncSha256,
        verifyEd25519,
      });
    const outcome = async (bundle: Uint8Array) =>
      (await verify(bundle)).checks.find(({ name }) => name === 'witnesses')?.outcome;
    expect(await outcome(bytes)).toBe('pass');
    expect(await outcome(plain)).toBe('fail');
  });

  it('refuses a log that was restored from an older state, and one that goes on from there otherwise', async () => {
    await record(5);
    await shown();
    await record(4);
    await look();
    await setBack(5);
    expect(await look()).toMatchObject({
      code: 2,
      said: expect.stringMatching(/^rolled-back: .*5 entries.*shown 9/),
      note: '',
    });
    await record(6);
    expect(await look()).toMatchObject({ code: 2, said: expect.stringMatching(/^inconsistent: /), note: '' });
    expect(await readdir(join(state, 'seen'))).toHaveLength(1);
    expect(await readdir(join(state, 'refused'))).toHaveLength(2);
  });

  it('refuses a log that forks, and keeps both checkpoints side by side', async () => {
    await record(5);
    await shown();
    await record(2);
    await look();
    const before = await shown();
    await setBack(5);
    await record(2);
    const forked = await look();
    expect(forked).toMatchObject({
      code: 2,
      said: expect.stringMatching(/^forked: .*two different trees of 7/),
      note: '',
    });
    const [pair = ''] = await readdir(join(state, 'refused'));
    const kept = (name: string) => readFile(join(state, 'refused', pair, name), 'utf8');
    expect([await kept('remembered.checkpoint'), await kept('offered.checkpoint')].map(sizeIn)).toEqual([
      7, 7,
    ]);
    expect(before.startsWith(await kept('remembered.checkpoint'))).toBe(true);
    expect(await kept('offered.checkpoint')).toBe(await shown());
    await look();
    expect(await readdir(join(state, 'refused'))).toHaveLength(1);
  });

  it.each<[string, RegExp, number, typeof middle]>([
    [
      'an answer without an end',
      /^rubbish: .*not read on/,
      2,
      (_, response) => {
        response.writeHead(200);
        const more = () =>
          response.write('x'.repeat(65_536), () => !response.destroyed && setImmediate(more));
        more();
        return true;
      },
    ],
    [
      'a redirect',
      /^rubbish: .*redirects are not followed/,
      2,
      (_, response) => {
        response.writeHead(302, { location: '/elsewhere' }).end();
        return true;
      },
    ],
    [
      'no note',
      /^rubbish: .*no checkpoint/,
      2,
      (_, response) => {
        response.end('<html>');
        return true;
      },
    ],
    [
      'an error',
      /^unreachable: .*answers 503/,
      1,
      (_, response) => {
        response.writeHead(503).end();
        return true;
      },
    ],
    [
      'a closed door',
      /^unreachable: /,
      1,
      (request) => {
        request.socket.destroy();
        return true;
      },
    ],
    [
      'tiles that are too short',
      /^rubbish: .*too short/,
      2,
      (request, response) => {
        if (!request.url?.includes('/tile/')) return false;
        response.end('x');
        return true;
      },
    ],
    [
      'no tiles',
      /^rubbish: .*does not have/,
      2,
      (request, response) => {
        if (!request.url?.includes('/tile/')) return false;
        response.writeHead(404).end();
        return true;
      },
    ],
  ])('refuses %s, and goes on where the log is itself again', async (_what, sentence, code, how) => {
    await record(3);
    await look();
    await record(2);
    middle = how;
    expect(await look()).toMatchObject({ code, said: expect.stringMatching(sentence), note: '' });
    middle = () => false;
    expect(await look()).toMatchObject({ code: 0, said: expect.stringContaining('goes on from before') });
  });

  it('refuses a checkpoint by another key, and one of another log', async () => {
    await record(2);
    const other = signerOf(generateKeyPairSync('ed25519').privateKey);
    const otherKey = await noteKey({ kind: 'note', name: origin, publicKey: other.publicKey }, asyncSha256);
    const said = { code: 2, said: expect.stringMatching(/^signature-wrong: /) };
    expect(await look({ key: [verifierKeyText(otherKey)] })).toMatchObject(said);
    const elsewhere = await noteKey(
      { kind: 'note', name: 'other.example', publicKey: signer.publicKey },
      asyncSha256,
    );
    expect(await look({ key: [verifierKeyText(elsewhere)] })).toMatchObject(said);
    expect(await readdir(state)).toEqual([]);
  });

  it('cosigns nothing once what it remembers was changed', async () => {
    await record(2);
    await look();
    await writeFile(join(state, 'seen', '000000000002.checkpoint'), 'log.example.test/api/log\n1\n');
    await expect(look()).rejects.toThrow(/remembers is not a checkpoint of this log/);
  });

  it.each([
    ['is empty, as after a full disk', ''],
    ['is no text', '\u0000\u0001'],
    ['is another log’s', 'other'],
  ])('cosigns nothing where what it remembers %s, and says which file', async (_what, written) => {
    await record(2);
    await look();
    const other = await noteKey(
      { kind: 'note', name: 'other.example', publicKey: signer.publicKey },
      asyncSha256,
    );
    const text = checkpointText({
      origin: 'other.example',
      size: 1,
      root: new Uint8Array(32),
      extensions: [],
    });
    const note = written === 'other' ? await signNote(text, { key: other, sign: signer.sign }) : written;
    await writeFile(join(state, 'seen', '000000000002.checkpoint'), note);
    await record(1);
    await expect(look()).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('Nothing is cosigned'),
      where: 'checkpoint 2 of the state folder',
    });
    expect(await readdir(join(state, 'cosigned'))).toEqual(['000000000001.checkpoint']);
  });

  it('cosigns anew where what it cosigned was damaged, and hands back what the log takes', async () => {
    await record(2);
    const { note } = await look();
    await lawless.query('TRUNCATE log_cosignature CASCADE');
    const [last = ''] = note.trimEnd().split('\n').slice(-1);
    const damaged = note.replace(last, last.replace(/.{8}$/, 'AAAAAAA='));
    expect(damaged).not.toBe(note);
    await writeFile(join(state, 'cosigned', '000000000001.checkpoint'), damaged);
    const again = await look();
    expect(again.code).toBe(0);
    const parsed = parseNote(await shown());
    if (!parsed.ok) throw new Error(parsed.sentence);
    expect((await verifyCosignature(parsed.value, witnessKey, verifyEd25519)).ok).toBe(true);
  });

  it('is one witness to the log in two places, with the first of two cosignatures of the same checkpoint', async () => {
    await record(2);
    const before = (await audited()).length;
    const first = await look();
    const elsewhere = await mkdtemp(join(tmpdir(), 'witness-'));
    folders.push(elsewhere);
    await sleep(1_100);
    const second = await look({ state: elsewhere });
    expect(second.code).toBe(0);
    expect(second.note).not.toBe(first.note);
    expect(await shown()).toBe(first.note);
    expect(await audited()).toHaveLength(before + 1);
  });

  it.each([
    ['another root than that of nothing', new Uint8Array(32).fill(7), 2],
    ['the root of nothing', new Uint8Array(createHash('sha256').digest()), 0],
  ])('of a log without entries takes %s for what it is', async (_what, root, code) => {
    const text = checkpointText({ origin, size: 0, root, extensions: [] });
    const empty = await signNote(text, { key: logKey, sign: signer.sign });
    await record(3);
    middle = (_, response) => {
      response.end(empty);
      return true;
    };
    expect(await look({ handBack: false })).toMatchObject({ code });
    middle = () => false;
    // Whatever grows later goes on from nothing.
    expect(await look()).toMatchObject({ code: 0 });
  });

  it('believes one checkpoint after the other, also where two of it look at the same time', async () => {
    await record(2);
    const both = await Promise.allSettled([look(), look()]);
    const failed = both.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    for (const each of failed) expect(each).toContain('folder of its own');
    expect(await readdir(join(state, 'seen'))).toEqual(['000000000001.checkpoint']);
  });

  it('is whole when it is killed before the log has answered, and goes on', async () => {
    await record(2);
    let child: ChildProcess | null = null;
    middle = (request) => {
      if (request.method === 'POST') child?.kill('SIGKILL');
      return request.method === 'POST';
    };
    child = spawn(
      process.execPath,
      [
        'cli/reprise.ts',
        'witness',
        '--log',
        web.address,
        '--key',
        verifierKeyText(logKey),
        '--state',
        state,
        '--key-file',
        keyFile,
      ],
      { stdio: 'ignore' },
    );
    expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
    const cosigned = await readFile(join(state, 'cosigned', '000000000001.checkpoint'), 'utf8');
    middle = () => false;
    expect(await shown()).not.toBe(cosigned);
    expect(await look()).toMatchObject({ code: 0, note: cosigned });
    expect(await shown()).toBe(cosigned);
  });
});

describe('the log', () => {
  const stranger = signerOf(generateKeyPairSync('ed25519').privateKey);

  it('takes no cosignature by a key that it does not know', async () => {
    await record(1);
    const key = await noteKey(
      { kind: 'cosignature', name: 'stranger.example', publicKey: stranger.publicKey },
      asyncSha256,
    );
    const answer = await post(await cosignedBy(key, stranger.sign, await shown()));
    expect(answer).toEqual({
      status: 403,
      said: expect.stringContaining('no cosignature by a witness that'),
    });
  });

  it('takes no cosignature that was invented', async () => {
    await record(1);
    const answer = await post(await cosignedBy(witnessKey, stranger.sign, await shown()));
    expect(answer).toEqual({ status: 403, said: expect.stringContaining('is none of this checkpoint') });
    expect(sizeIn(await shown())).toBe(1);
    expect((await pool.query('SELECT FROM log_cosignature')).rowCount).toBe(0);
  });

  it('is not said to be forked by a checkpoint of another log that the witness watches too', async () => {
    await record(2);
    const before = await audited();
    const sign = await witnessSign();
    const { queries } = (await import('@/app/_trpc/context.ts')).dashboard();
    const forks = async () =>
      (await queries.overview(nobody)).needsYou.filter(({ sentence }) =>
        sentence.includes('another evidence log'),
      );
    const said = await forks();
    for (const [name, by] of [
      ['other.example/log', stranger],
      // Nor by one that calls itself like this log, or that its key has signed under another name.
      [origin, stranger],
      ['other.example/log', signer],
    ] as const) {
      const key = await noteKey({ kind: 'note', name, publicKey: by.publicKey }, asyncSha256);
      const text = checkpointText({ origin: name, size: 2, root: new Uint8Array(32), extensions: [] });
      const foreign = await signNote(text, { key, sign: by.sign });
      expect(await post(await cosignedBy(witnessKey, sign, foreign))).toEqual({
        status: 404,
        said: expect.stringContaining('has signed no such checkpoint of 2 entries'),
      });
    }
    expect(await forks()).toEqual(said);
    expect(await audited()).toEqual(before);
  });

  it('keeps nothing on record of what anybody may send as often as they like', async () => {
    await record(1);
    const before = await audited();
    const strange = await noteKey(
      { kind: 'cosignature', name: 'stranger.example', publicKey: stranger.publicKey },
      asyncSha256,
    );
    for (const body of [
      'hello',
      await shown(),
      await cosignedBy(strange, stranger.sign, await shown()),
      await cosignedBy(witnessKey, stranger.sign, await shown()),
    ])
      expect((await post(body)).status).toBeGreaterThanOrEqual(400);
    expect(await audited()).toEqual(before);
  });

  it('says that a witness has seen another tree of the same size, and puts it on record, once', async () => {
    await record(2);
    await shown();
    const text = checkpointText({ origin, size: 2, root: new Uint8Array(32), extensions: [] });
    const { note } = await lookAt(await signNote(text, { key: logKey, sign: signer.sign }));
    const answer = await post(note);
    expect(answer).toEqual({ status: 409, said: expect.stringContaining('another checkpoint of 2 entries') });
    expect((await audited())[0]).toMatchObject({
      actor: `witness:witness.example+${witnessKey.keyId}`,
      subject: 'checkpoint:2',
      detail: { code: 'checkpoint-other', note },
    });
    const before = await audited();
    expect((await post(note)).status).toBe(409);
    // Nor does another signature under it make it another one.
    expect((await post(await cosignedBy({ ...witnessKey, name: 'x' }, stranger.sign, note))).status).toBe(
      409,
    );
    expect(await audited()).toEqual(before);
    // Nobody can take it away: it is the proof that there are two.
    const { queries } = (await import('@/app/_trpc/context.ts')).dashboard();
    expect((await queries.overview(nobody)).needsYou.map(({ sentence }) => sentence)).toContainEqual(
      expect.stringMatching(/witness has seen another evidence log.*another checkpoint of 2 entries/),
    );
  });

  it.each([
    ['what is no note', 400, async () => 'hello'],
    ['what is too long', 413, async () => 'x'.repeat(70_000)],
    ['a checkpoint without a cosignature', 403, shown],
  ])('takes no %s', async (_what, status, body) => {
    await record(1);
    expect((await post(await body())).status).toBe(status);
  });

  it('takes none of a size that it has never signed, and none of a time to come', async () => {
    await record(1);
    const text = checkpointText({ origin, size: 9, root: new Uint8Array(32), extensions: [] });
    const { note } = await lookAt(await signNote(text, { key: logKey, sign: signer.sign }));
    expect((await post(note)).status).toBe(404);
    expect((await audited())[0]).toMatchObject({
      outcome: 'refused',
      subject: 'checkpoint:9',
      detail: { code: 'checkpoint-unknown' },
    });
    const sign = await witnessSign();
    const inAnHour = Math.floor(Date.now() / 1_000) + 3_600;
    const answer = await post(await cosignedBy(witnessKey, sign, await shown(), inAnHour));
    expect(answer).toEqual({ status: 400, said: expect.stringContaining('has not come yet') });
  });

  it('proves what is asked in decimal digits, and takes nothing else for a number', async () => {
    await record(2);
    const asked = async (query: string) => {
      const response = await fetch(`${web.address}/proof/${query}`);
      return [response.status, await response.text()];
    };
    expect((await asked('inclusion?index=1&size=2'))[0]).toBe(200);
    expect((await asked('consistency?from=0&to=2'))[0]).toBe(200);
    for (const odd of ['', '0x1', '1e0', ' 1', '01', '-0', '1.0', '9999999999999999'])
      for (const query of [
        `inclusion?index=${encodeURIComponent(odd)}&size=2`,
        `consistency?from=${encodeURIComponent(odd)}&to=2`,
      ])
        expect(await asked(query), query).toEqual([
          400,
          expect.stringMatching(/decimal digits|so many entries/),
        ]);
  });

  it.each([
    [
      'its record holds other bytes',
      `UPDATE evidence_record SET statement = 'x', digest = encode(sha256('x'), 'hex')`,
    ],
    ['no list finds it any more', 'DELETE FROM evidence_index'],
  ])('gives the bundle of a record with what stands beside it, also where %s', async (_what, sql) => {
    const id = randomUUID();
    const { statement, attachments } = eachKind['https://reprise.dev/evidence/approval/v1'](randomUUID());
    const unitOfWork = createUnitOfWork(pool);
    const fact = { id, text: statementText(statement) };
    await unitOfWork.run((tx) => recordEvidence({ results: resultStore, sealing }, tx, fact, attachments));
    await signCheckpoint({ unitOfWork, sealing }, []);
    const { evidenceLog, queries } = (await import('@/app/_trpc/context.ts')).dashboard();
    const bundled = () =>
      evidenceLog.bundle({ evidenceId: id, fromSizes: [] }, { id: 'grace', rights: ['read', 'evidence'] });
    const before = await bundled();
    expect(parseBundle(before)).toMatchObject({ value: { attachments: [{ name: 'remarks' }] } });
    await lawless.query(sql);
    expect(await bundled()).toEqual(before);
    expect((await queries.evidenceRecord(id, { id: 'x', rights: [] }))?.id).toBe(id);
    expect((await queries.evidenceView(id))?.check.outcome).toBe(
      sql.startsWith('DELETE') ? 'passed' : 'failed',
    );
  });

  it('changes and forgets no cosignature', async () => {
    await record(1);
    await look();
    await expect(pool.query('DELETE FROM log_cosignature')).rejects.toThrow(/permission denied/);
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    for (const sql of [
      'DELETE FROM log_cosignature',
      'UPDATE log_cosignature SET seconds = 1',
      'TRUNCATE log_cosignature',
    ])
      await expect(owner.query(sql)).rejects.toThrow();
    await owner.end();
  });
});

/** What the witness makes of a checkpoint that another server shows it. */
async function lookAt(note: string) {
  const elsewhere = await mkdtemp(join(tmpdir(), 'witness-'));
  folders.push(elsewhere);
  middle = (request, response) => {
    if (!request.url?.endsWith('/checkpoint')) return false;
    response.end(note);
    return true;
  };
  const seen = await look({ state: elsewhere, handBack: false });
  middle = () => false;
  return seen;
}
