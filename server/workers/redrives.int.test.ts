import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { signIn } from '../../demo/testing/promotions.ts';
import {
  createTopic,
  eventually,
  openReplayWorld,
  type ReplayWorld,
} from '../../demo/testing/replay-world.ts';
import { erasureStore } from '../adapters/erasure/erasure-store.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { callerOver } from '../api/test-kit.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { composeWorker } from '../composition/worker.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('dead letters that are sent again', () => {
  let world: ReplayWorld;
  let worker: ReturnType<typeof composeWorker>;
  let dashboard: ReturnType<typeof composeDashboard>;
  let topic: string;
  let consumer: Consumer;
  let olga: Awaited<ReturnType<typeof signIn>>;
  let ada: Awaited<ReturnType<typeof signIn>>;
  const group = `redrive-${randomUUID().slice(0, 8)}`;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    const settings = readSettings(world.env, process.cwd());
    worker = composeWorker(settings, { name: 'letters' });
    dashboard = composeDashboard(settings, 'test');
    topic = await world.topic(1);
    await createTopic(world.admin, { topic: `${topic}.retry`, numPartitions: 2 });
    await world.contract('tally', topic, (source) =>
      source.replace(
        'deadLetters: {',
        `consumerGroup: '${group}', deadLetters: { redriveTo: '${topic}.retry',`,
      ),
    );
    olga = await signIn(world.pool, 'olga', ['operator', 'approver']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    consumer = await consumeRetries();
  });
  afterAll(async () => {
    await consumer.disconnect();
    await Promise.all([worker.close(), dashboard.close()]);
    await world.close();
  });

  /** A consumer of the retry topic: it parks what it still can't read, and goes on. */
  async function consumeRetries(): Promise<Consumer> {
    const producer = world.kafka.producer();
    await producer.connect();
    const started = world.kafka.consumer({ groupId: group, sessionTimeout: 30_000 });
    await started.connect();
    await started.subscribe({ topic: `${topic}.retry`, fromBeginning: true });
    await started.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ message }) => {
        if (!message.value?.toString().includes('-1')) return;
        const { key, value, headers } = message;
        await producer.send({
          topic: `${topic}.dead`,
          messages: [{ key, value, headers: { ...headers, cause: 'still-refused' } }],
        });
      },
    });
    started.on('consumer.disconnect', () => void producer.disconnect());
    return started;
  }

  const as = (who: typeof olga, roles: Parameters<typeof callerOver>[1]['roles']) =>
    callerOver(dashboard, { id: who.personId, roles, sessionId: who.sessionId }).deadLetters;
  const operator = () => as(olga, ['operator']);
  const approver = () => as(ada, ['approver']);

  async function park(cause: string, amounts: readonly number[]): Promise<string> {
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: `${topic}.dead`,
      messages: amounts.map((amount, at) => ({
        key: `K${at}`,
        value: JSON.stringify({ amount }),
        headers: { id: randomUUID(), type: 'ItemsAdded', version: '2', cause },
      })),
    });
    await producer.disconnect();
    await worker.letters.index('letters', signal);
    const topics = await operator().topics();
    return (
      topics.flatMap(({ groups }) => groups).find(({ exception }) => exception === cause.split(':')[0])
        ?.groupId ?? ''
    );
  }

  async function ask(groupId: string, perSecond = 1000): Promise<string> {
    const wanted = { contractId: 'tally', derivedState: 'shelf', groupId, perSecond };
    const { hash: planHash } = await operator().previewRedrive(wanted);
    const { redriveId } = await operator().requestRedrive({ ...wanted, planHash, reason: 'mended' });
    return redriveId;
  }
  const approve = async (redriveId: string) => {
    const { hash: planHash } = await operator().redrive({ redriveId });
    await approver().decideRedrive({ redriveId, planHash, verdict: 'approved', reason: 'read them' });
  };

  async function untilEnded(redriveId: string) {
    return eventually(`redrive ${redriveId} to end`, 90_000, async () => {
      await worker.letters.index('letters', signal);
      await worker.letters.redrive('letters', signal);
      const found = await operator().redrive({ redriveId });
      return {
        done: found.endedAt !== null,
        value: found,
        seen: [found.status, found.counts, found.problem],
      };
    });
  }

  /** How often each letter of a redrive stands in the retry topic. */
  async function arrived(redriveId: string): Promise<ReadonlyMap<string, number>> {
    const seen = new Map<string, number>();
    const reader = world.kafka.consumer({ groupId: `look-${randomUUID()}` });
    const ends = await world.admin.fetchTopicOffsets(`${topic}.retry`);
    const left = new Set(ends.filter(({ high }) => high !== '0').map(({ partition }) => partition));
    await reader.connect();
    await reader.subscribe({ topic: `${topic}.retry`, fromBeginning: true });
    await reader.run({
      eachBatch: async ({ batch }) => {
        for (const { headers } of batch.messages)
          if (String(headers?.['redrive.id']) === redriveId) {
            const origin = String(headers?.['redrive.origin']);
            seen.set(origin, (seen.get(origin) ?? 0) + 1);
          }
        // Of a transaction the last offset is its marker, which is no message.
        const end = ends.find(({ partition }) => partition === batch.partition)?.high ?? '0';
        if (BigInt(batch.lastOffset()) + 2n >= BigInt(end)) left.delete(batch.partition);
      },
    });
    await eventually('the retry topic to be read', 30_000, async () => ({
      done: left.size === 0,
      value: null,
      seen: [...left],
    }));
    await reader.disconnect();
    return seen;
  }

  it('go out after somebody else has approved them, and are done when they were reprocessed', async () => {
    const groupId = await park('mended', [1, 2, 3, 4]);
    const redriveId = await ask(groupId);
    const { hash: planHash } = await operator().redrive({ redriveId });
    const own = as(olga, ['operator', 'approver']);
    await expect(
      own.decideRedrive({ redriveId, planHash, verdict: 'approved', reason: 'mine' }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(
      approver().decideRedrive({ redriveId, planHash: 'a'.repeat(64), verdict: 'approved', reason: 'x' }),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(
      world.runner.query(`UPDATE redrive SET status = 'queued' WHERE id = $1`, [redriveId]),
    ).rejects.toThrow('no approval that counts');
    await worker.letters.redrive('letters', signal);
    expect((await operator().redrive({ redriveId })).counts.waiting).toBe(4);
    await approve(redriveId);
    const ended = await untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'done', problem: null });
    expect(ended.counts).toMatchObject({ reprocessed: 4, failed: 0, unknown: 0 });
    expect([...(await arrived(redriveId)).values()]).toEqual([1, 1, 1, 1]);
    const letter = await operator().get({ topic: `${topic}.dead`, partition: 0, offset: '0' });
    expect(letter.redrives).toMatchObject([{ redriveId, status: 'reprocessed' }]);
  });

  it('are refused where another redrive has reprocessed them already', async () => {
    const topics = await operator().topics();
    const groupId = topics
      .flatMap(({ groups }) => groups)
      .find(({ exception }) => exception === 'mended')?.groupId;
    await expect(ask(groupId ?? '')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are refused where other letters stand there than were looked at', async () => {
    const groupId = await park('growing', [1]);
    const wanted = { contractId: 'tally', derivedState: 'shelf', groupId };
    const { hash: planHash } = await operator().previewRedrive(wanted);
    await park('growing', [2]);
    await expect(operator().requestRedrive({ ...wanted, planHash, reason: 'mended' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('stop at the first batch of which too much is parked again, and say why', async () => {
    const redriveId = await ask(await park('not-mended', [-1, 2, 3, 4]));
    await approve(redriveId);
    const ended = await untilEnded(redriveId);
    expect(ended).toMatchObject({ status: 'stopped' });
    expect(ended.counts).toMatchObject({ failed: 1, waiting: 3, reprocessed: 0 });
    expect(ended.shown[0]?.status).toBe('failed');
    expect((await arrived(redriveId)).size).toBe(1);
  });

  it('go out no faster than was approved, and neither while paused nor after they were called off', async () => {
    const redriveId = await ask(await park('slowly', [1, 2, 3, 4, 5]), 1);
    await approve(redriveId);
    await worker.letters.redrive('letters', signal);
    await operator().pauseRedrive({ redriveId });
    await sleep(1_200);
    await worker.letters.redrive('letters', signal);
    expect((await operator().redrive({ redriveId })).counts).toMatchObject({ sent: 1, waiting: 4 });
    await operator().resumeRedrive({ redriveId });
    const ended = await untilEnded(redriveId);
    const times = ended.shown.map(({ sentAt }) => Date.parse(sentAt ?? '')).sort((a, b) => a - b);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3_900);
    await expect(operator().cancelRedrive({ redriveId })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are known by nothing that names a key once that was erased', async () => {
    const redriveId = await ask(await park('unknown-person: PERSON-88 has no account', [1]));
    await operator().cancelRedrive({ redriveId });
    const held = () =>
      world.pool.query(`SELECT (SELECT json_agg(l) FROM dead_letter l)::text
        || (SELECT json_agg(g) FROM dead_letter_group g)::text AS all`);
    expect(JSON.stringify((await held()).rows)).toContain('PERSON-88');
    const erased = await createUnitOfWork(world.pool).run((tx) =>
      erasureStore.eraseBeside(tx, 'tally', new Set(['PERSON-88']), false),
    );
    expect(erased.deadLetters).toBe(1);
    expect(JSON.stringify((await held()).rows)).not.toContain('PERSON-88');
  });

  it('arrive once each, though the worker that sends them is killed', async () => {
    const redriveId = await ask(
      await park(
        'killed',
        Array.from({ length: 12 }, (_, at) => at + 1),
      ),
      4,
    );
    await approve(redriveId);
    const first = world.startWorker();
    await eventually('some to be sent', 60_000, async () => {
      const { counts } = await operator().redrive({ redriveId });
      const done = counts.waiting <= 9;
      return { done, value: counts, seen: [counts, first.output] };
    });
    await first.kill();
    // As it would be killed between what it wrote down and what it heard of it: sent, and not known to be. Of the piece
    // that went out last: where it was killed within the next one, that is in this state by itself.
    await world.pool.query(
      `UPDATE redrive_letter SET status = 'sending', sent_at = NULL, sent_partition = NULL, sent_offset = NULL, ended_at = NULL
       WHERE redrive_id = $1 AND number = (SELECT max(l.number) FROM redrive_letter l JOIN redrive r ON r.id = l.redrive_id
         WHERE r.id = $1 AND l.status IN ('sent', 'reprocessed')
           AND l.sent_offset >= (r.sending_from ->> l.sent_partition::text)::bigint)`,
      [redriveId],
    );
    const ended = await untilEnded(redriveId);
    expect(ended.counts).toMatchObject({ reprocessed: 12 });
    expect([...(await arrived(redriveId)).values()]).toEqual(Array.from({ length: 12 }, () => 1));
  });
});
