import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { auditLog } from '../../application/evidence/audit-log.ts';
import { type KeepDeps, keepCheckpoint } from '../../application/evidence/keep-checkpoint.ts';
import { recordEvidence } from '../../application/evidence/record-evidence.ts';
import { checkpointsProbe } from '../../application/evidence/sinks.ts';
import type { CheckpointKeep } from '../../application/ports/evidence-log.ts';
import { incidentSignals } from '../../composition/signals.ts';
import { decisionText, digestOf } from '../../domain/test-kit/records.ts';
import { systemClock } from '../clock/system-clock.ts';
import { type BrokerUnderTest, connect } from '../kafka/broker-under-test.ts';
import { createMigratedDatabase, type ScratchDatabase, withoutRules } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { resultStore } from '../replay-store/index.ts';
import { checkpointWebhook } from '../webhook/checkpoint-webhook.ts';
import { checkpointFolder } from './checkpoint-folder.ts';
import { evidenceLogStore } from './log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from './node-keys.ts';
import { checkpointSinkStore } from './sink-store.ts';

let broker: BrokerUnderTest;
let database: ScratchDatabase;
let pool: pg.Pool;
/** Whoever administers the database, past every rule. */
let lawless: pg.Pool;
let folder: string;
let elsewhere: string;
let deps: KeepDeps;
let receiver: http.Server;
let received: { type: string | undefined; key: unknown; body: string }[];
let answer: number;

beforeAll(async () => {
  broker = await connect(inject('kafkaBrokers'));
});
afterAll(() => broker?.close());

beforeEach(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  lawless = new pg.Pool({ connectionString: withoutRules(database), max: 1 });
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
  elsewhere = await mkdtemp(join(tmpdir(), 'checkpoints-'));
  received = [];
  answer = 204;
  receiver = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { 'content-type': type, 'idempotency-key': key } = request.headers;
    received.push({ type, key, body: Buffer.concat(chunks).toString() });
    response.writeHead(answer).end();
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  deps = {
    unitOfWork: createUnitOfWork(pool),
    sealing: {
      log: evidenceLogStore,
      signer: signerOf(generateKeyPairSync('ed25519').privateKey),
      sha256: asyncSha256,
      verifyEd25519,
      originOfNew: 'log.example.test',
    },
    sinks: checkpointSinkStore,
    clock: systemClock,
    keeps: [],
  };
});
afterEach(async () => {
  await Promise.all([pool.end(), lawless.end()]);
  await database.drop();
  for (const each of [folder, elsewhere]) await rm(each, { recursive: true, force: true });
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
});

const hook = () => {
  const { port } = receiver.address() as AddressInfo;
  return checkpointWebhook({
    url: `http://127.0.0.1:${port}/hook/secret`,
    hosts: ['127.0.0.1'],
    allowPrivate: true,
  });
};

async function record(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const id = randomUUID();
    await deps.unitOfWork.run((tx) =>
      recordEvidence({ results: resultStore, ...deps }, tx, { id, text: decisionText(id) }, [
        { name: 'remarks', text: 'remarks', sha256: digestOf('remarks') },
      ]),
    );
  }
}
const newest = async () => (await deps.unitOfWork.run((tx) => evidenceLogStore.latestCheckpoint(tx)))?.note;
const states = () => deps.unitOfWork.run((tx) => checkpointSinkStore.states(tx));
const health = () => checkpointsProbe(states).check();
/** As it was after so many entries. */
const setBack = (size: number) =>
  lawless.query(
    `DELETE FROM log_entry WHERE index >= ${size}; DELETE FROM log_checkpoint WHERE size > ${size};
     DELETE FROM log_hash WHERE (index + 1) * (1 << level) > ${size}; UPDATE log_head SET size = ${size};
     DELETE FROM evidence_index WHERE id NOT IN (SELECT evidence_id FROM log_entry);
     DELETE FROM evidence_record WHERE id NOT IN (SELECT evidence_id FROM log_entry)`,
  );

describe('a checkpoint', () => {
  it('is posted as it is, once, and again where it was not taken', async () => {
    deps = { ...deps, keeps: [hook()] };
    await record(1);
    for (const _ of [1, 2, 3]) await keepCheckpoint(deps);
    expect(received).toEqual([
      {
        type: 'text/plain; charset=utf-8',
        key: expect.stringMatching(/^[0-9a-f]{64}$/),
        body: await newest(),
      },
    ]);
    await record(1);
    answer = 503;
    await expect(keepCheckpoint(deps)).rejects.toThrow(/127\.0\.0\.1:\d+ answers 503/);
    expect(await health()).toMatchObject({ status: 'down', detail: expect.stringContaining('answers 503') });
    expect(JSON.stringify([await states(), await health()])).not.toContain('secret');
    await record(1);
    answer = 200;
    await keepCheckpoint(deps);
    expect(received.at(-1)?.body).toBe(await newest());
    expect(received).toHaveLength(3);
    expect(await health()).toMatchObject({ status: 'up', detail: expect.stringContaining('3 entries') });
  });

  it('is not posted to this machine where that is not allowed', async () => {
    const keep = checkpointWebhook({ url: 'https://127.0.0.1/', hosts: ['127.0.0.1'], allowPrivate: false });
    await record(1);
    await expect(keepCheckpoint({ ...deps, keeps: [keep] })).rejects.toThrow(/not allowed/);
  });

  it('is written to a topic under the name of its log, once, and read back', async () => {
    const topic = await broker.topic(3);
    deps = { ...deps, keeps: [broker.adapter.checkpointTopic(topic)] };
    const notes: (string | undefined)[] = [];
    for (const more of [1, 3]) {
      await record(more);
      await keepCheckpoint(deps);
      await keepCheckpoint(deps);
      notes.push(await newest());
    }
    const kept: string[] = [];
    await deps.keeps[0]?.each(async (note) => void kept.push(note));
    expect(kept).toEqual(notes);
    expect(await auditLog({ ...deps, signals: incidentSignals({}) })).toEqual({
      size: 4,
      compared: 4,
      findings: [],
    });
    const ends = await broker.admin.fetchTopicOffsets(topic);
    // The same key has one partition, so that they stay in their order.
    expect(ends.map(({ offset }) => offset).toSorted()).toEqual(['0', '0', '2']);
  });

  it('says so where there is no such topic, makes none, and stops none of the others', async () => {
    const topic = `none-${randomUUID().slice(0, 8)}`;
    deps = {
      ...deps,
      keeps: [broker.adapter.checkpointTopic(topic), hook(), checkpointFolder(folder, 'here')],
    };
    await record(1);
    await expect(keepCheckpoint(deps)).rejects.toThrow(`Topic ${topic} does not exist`);
    expect(received).toHaveLength(1);
    expect(await readdir(folder)).toHaveLength(1);
    expect(await broker.admin.listTopics()).not.toContain(topic);
    expect(await health()).toMatchObject({
      status: 'down',
      detail: expect.stringContaining('does not exist'),
    });
    expect(
      (await states()).filter(({ lastProblem }) => lastProblem === null).map(({ kind }) => kind),
    ).toEqual(['folder', 'webhook']);
  });

  it('goes to the others where the folder can not be written', async () => {
    const blocked = join(folder, 'a-file');
    await writeFile(blocked, '');
    deps = { ...deps, keeps: [checkpointFolder(join(blocked, 'in-it'), 'here'), hook()] };
    await record(1);
    await expect(keepCheckpoint(deps)).rejects.toThrow(/ENOTDIR/);
    expect(received).toHaveLength(1);
  });

  it('in a topic is what an older database is found by, and nothing is signed over another history', async () => {
    deps = { ...deps, keeps: [broker.adapter.checkpointTopic(await broker.topic(1))] };
    for (const more of [4, 3]) {
      await record(more);
      await keepCheckpoint(deps);
    }
    await setBack(4);
    expect((await auditLog({ ...deps, signals: incidentSignals({}) })).findings).toEqual([
      expect.stringMatching(/in the topic kafka-adapter-.* is of 7 entries, and the log has 4/),
    ]);
    await record(5);
    await expect(keepCheckpoint(deps)).rejects.toMatchObject({ code: 'evidence-log-rewritten' });
    expect((await auditLog({ ...deps, signals: incidentSignals({}) })).findings).toEqual([
      expect.stringMatching(/first 7 entries are not those of a checkpoint in the topic/),
    ]);
  });

  it('that somebody else has put into the topic is told', async () => {
    const topic = await broker.topic(1);
    deps = { ...deps, keeps: [broker.adapter.checkpointTopic(topic)] };
    await record(1);
    await keepCheckpoint(deps);
    await broker.producer.send({
      topic,
      messages: [{ value: 'log.example.test\n9\nAAAA\n\n' }, { value: null }],
    });
    expect((await auditLog({ ...deps, signals: incidentSignals({}) })).findings).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/Something in the topic .* is no checkpoint/)),
    );
  });

  it('that a folder took and has lost is told, by the audit too, and nothing is put there any more', async () => {
    deps = { ...deps, keeps: [checkpointFolder(folder, 'here'), hook()] };
    await record(2);
    await keepCheckpoint(deps);
    const [kept = ''] = await readdir(folder);
    await rename(join(folder, kept), join(elsewhere, kept));
    await record(1);
    // The webhook can't tell what it keeps: no place is left that could say whether the log was rewritten.
    await expect(keepCheckpoint(deps)).rejects.toThrow(
      /^Nothing is signed\..*took the checkpoint of 2 entries/,
    );
    expect(await readdir(folder)).toEqual([]);
    expect(await health()).toMatchObject({ status: 'down', detail: expect.stringContaining('another disk') });
    expect((await auditLog({ ...deps, signals: incidentSignals({}) })).findings).toEqual([
      expect.stringMatching(/^Of .* on here: it took the checkpoint of 2 entries and holds none now/),
    ]);
    await rename(join(elsewhere, kept), join(folder, kept));
    await keepCheckpoint(deps);
    expect(await readdir(folder)).toHaveLength(2);
    expect((await auditLog({ ...deps, signals: incidentSignals({}) })).findings).toEqual([]);
    expect(await health()).toMatchObject({ status: 'up' });
  });

  it('is not signed where the one place that took any was emptied, whatever new place stands beside it', async () => {
    deps = { ...deps, keeps: [checkpointFolder(folder, 'here')] };
    await record(3);
    await keepCheckpoint(deps);
    for (const name of await readdir(folder)) await rm(join(folder, name));
    deps = { ...deps, keeps: [...deps.keeps, checkpointFolder(elsewhere, 'there')] };
    // Another history of the same length, over which nothing may be signed.
    await setBack(2);
    await lawless.query('DELETE FROM log_checkpoint');
    await record(2);
    await expect(keepCheckpoint(deps)).rejects.toThrow(
      /^Nothing is signed\..*took the checkpoint of 3 entries/,
    );
    expect(await newest()).toBeUndefined();
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('is signed as long as one place can be read, and not put where what was there is gone', async () => {
    deps = {
      ...deps,
      keeps: [checkpointFolder(folder, 'here'), checkpointFolder(elsewhere, 'there')],
    };
    await record(2);
    await keepCheckpoint(deps);
    for (const name of await readdir(elsewhere)) await rm(join(elsewhere, name));
    await record(1);
    await expect(keepCheckpoint(deps)).rejects.toThrow(/on there: it took the checkpoint of 2 entries/);
    expect((await newest())?.split('\n')[1]).toBe('3');
    expect([await readdir(folder), await readdir(elsewhere)].map(({ length }) => length)).toEqual([2, 0]);
  });

  it('is not asked of a place again that has not answered yet', async () => {
    let asks = 0;
    const hanging: CheckpointKeep = {
      ...checkpointFolder(folder, 'here'),
      latest: () => {
        asks += 1;
        return new Promise(() => undefined);
      },
    };
    // Its bound is over at once.
    deps = { ...deps, keeps: [hanging], clock: { ...systemClock, wait: async () => undefined } };
    await record(1);
    for (const _ of [1, 2, 3]) await expect(keepCheckpoint(deps)).rejects.toThrow(/did not answer/);
    expect(asks).toBe(1);
  });
});
