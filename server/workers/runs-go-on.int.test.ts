import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Someone, signIn } from '../../demo/testing/promotions.ts';
import {
  createTopic,
  eventually,
  openReplayWorld,
  type ReplayWorld,
} from '../../demo/testing/replay-world.ts';
import { callerOver } from '../api/test-kit.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import type { ActionName, Argument, Runbook } from '../domain/runbook/index.ts';
import { readSettings } from '../env.ts';

const literals = (given: Readonly<Record<string, unknown>>): Record<string, Argument> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, { kind: 'literal', value }]));

const step = (name: ActionName, given: Readonly<Record<string, unknown>>): Runbook['steps'][number] => ({
  ...{ id: name, section: 'mitigation', title: name, body: '', line: 1, when: null },
  action: { name, args: literals(given), timeoutSeconds: 600, shows: null },
});

const runbook: Runbook = {
  ...{ id: 'waits', title: 'What waits', failureMode: 'poison-message', severity: 'P2', contracts: [] },
  ...{ owner: 'team', lastRehearsed: null, incidents: [], parameters: [], introduction: '' },
  steps: [
    step('replay', { contract: 'tally', reason: 'a step that waits' }),
    step('redrive', { contract: 'tally', state: 'shelf', perSecond: 1000 }),
  ],
};

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a step that waits while its worker is killed', () => {
  let world: ReplayWorld;
  let dashboard: ReturnType<typeof composeDashboard>;
  let topic: string;
  let olga: Someone;
  let ada: Someone;
  let runId: string;
  const group = `goes-on-${randomUUID().slice(0, 8)}`;

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    dashboard = composeDashboard(readSettings(world.env, process.cwd()), 'test');
    topic = await world.topic(1);
    await createTopic(world.admin, { topic: `${topic}.retry`, numPartitions: 1 });
    await world.contract('tally', topic, (source) =>
      source
        .replace("authors: ['rosa'],", "authors: ['rosa'],\n  approvals: { replay: 1 },")
        .replace('deadLetters: {', `consumerGroup: '${group}', deadLetters: { redriveTo: '${topic}.retry',`),
    );
    await world.pool.query(`
      CREATE TABLE IF NOT EXISTS shelf (item text PRIMARY KEY, total integer NOT NULL);
      CREATE TABLE IF NOT EXISTS shelf_position (partition integer PRIMARY KEY, next_offset bigint NOT NULL);
      GRANT SELECT ON shelf, shelf_position TO ${world.reader}`);
    await world.produce(
      topic,
      [1, 2, 3].map((amount) => ({ id: randomUUID(), key: `K${amount}`, value: { amount }, version: 2 })),
    );
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
    runId = randomUUID();
    await world.pool.query(
      `INSERT INTO runbook_run (id, runbook_id, digest, title, runbook, parameters, started_by, leader)
       VALUES ($1, 'waits', $2, 'What waits', $3, '[]', $4, $4)`,
      [runId, 'a'.repeat(64), JSON.stringify(runbook), olga.personId],
    );
  });
  afterAll(async () => {
    await dashboard.close();
    await world.close();
  });

  const operator = () =>
    callerOver(dashboard, { id: olga.personId, roles: ['operator'], sessionId: olga.sessionId }).runs;
  const approver = () =>
    callerOver(dashboard, { id: ada.personId, roles: ['approver'], sessionId: ada.sessionId });

  const view = () => operator().get({ runId });
  const lastOf = async (id: string) => {
    const attempt = (await view()).steps.find((each) => each.id === id)?.attempts.at(-1);
    if (attempt === undefined) throw new Error(`nobody has asked for ${id}`);
    return attempt;
  };
  async function ask(id: string): Promise<string> {
    const { previewId } = await operator().preview({ runId, version: (await view()).version, step: id });
    await operator().do({ runId, version: (await view()).version, previewId });
    return previewId;
  }
  const untilIs = (id: string, what: string, is: (attempt: Awaited<ReturnType<typeof lastOf>>) => boolean) =>
    eventually(`${id} ${what}`, 90_000, async () => {
      const attempt = await lastOf(id);
      return { done: is(attempt), value: attempt, seen: [attempt.status, attempt.tries, attempt.sentence] };
    });

  it('finds its replay again, waits on for its approval, and ends as done', async () => {
    const first = world.startWorker();
    const attemptId = await ask('replay');
    const waits = await untilIs('replay', 'to wait for approval', ({ output }) =>
      output.some(({ line }) => line.startsWith('It waits for approval')),
    );
    expect(waits).toMatchObject({ status: 'running', tries: 1 });
    await first.kill();
    const second = world.startWorker();
    await untilIs(
      'replay',
      'to be taken up again',
      ({ status, tries }) => status === 'running' && tries === 2,
    );

    const { rows } = await world.pool.query<{ id: string; plan_hash: string }>(
      `SELECT id, plan_hash FROM replay WHERE reason = 'a step that waits'`,
    );
    expect(rows).toHaveLength(1);
    await world.commands.decide({
      replayId: rows[0]?.id ?? '',
      planHash: rows[0]?.plan_hash ?? '',
      verdict: 'approved',
      reason: 'read it',
      ...ada,
    });
    const ended = await untilIs('replay', 'to end', ({ endedAt }) => endedAt !== null);
    expect(ended).toMatchObject({
      id: attemptId,
      status: 'succeeded',
      outputs: { replayId: rows[0]?.id, status: 'finished', confidence: 'trusted' },
    });
    await second.stop();
  });

  it('finds its redrive again, sends nothing twice, and ends as done once it is reprocessed', async () => {
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: `${topic}.dead`,
      messages: [1, 2, 3].map((amount) => ({
        key: `K${amount}`,
        value: JSON.stringify({ amount }),
        headers: { id: randomUUID(), type: 'ItemsAdded', version: '2', cause: 'mended' },
      })),
    });
    await producer.disconnect();
    const first = world.startWorker();
    await eventually('the letters to be seen', 60_000, async () => {
      const topics = await callerOver(dashboard, {
        ...{ id: olga.personId, roles: ['operator'], sessionId: olga.sessionId },
      }).deadLetters.topics();
      const groups = topics.flatMap((each) => each.groups);
      return { done: groups.some(({ exception }) => exception === 'mended'), value: null, seen: groups };
    });
    const attemptId = await ask('redrive');
    const asked = await lastOf('redrive');
    expect(asked.status).toBe('awaiting-approval');
    await approver().runs.approve({ attemptId, planHash: asked.planHash, reason: 'read it' });
    await untilIs('redrive', 'to be sent', ({ output }) =>
      output.some(({ line }) => line.startsWith('0 of 3 reprocessed')),
    );
    await first.kill();

    const second = world.startWorker();
    await untilIs(
      'redrive',
      'to be taken up again',
      ({ status, tries }) => status === 'running' && tries === 2,
    );
    // In its name no other set is sent than its plan has frozen.
    await expect(
      world.runner.query(
        `INSERT INTO redrive (id, contract_id, state, topic, identity, target, per_second, frozen, hash, requested_by,
           reason, attempt_id, status)
         SELECT gen_random_uuid(), contract_id, state, topic, identity, target, per_second,
           replace(frozen, '"0/0",', ''), hash, requested_by, reason, attempt_id, 'queued'
         FROM redrive WHERE attempt_id = $1`,
        [attemptId],
      ),
    ).rejects.toThrow(/is what its frozen plan says/);
    // Nobody has reprocessed them so far: whoever does comes only now.
    const consumer = world.kafka.consumer({ groupId: group, sessionTimeout: 30_000 });
    await consumer.connect();
    await consumer.subscribe({ topic: `${topic}.retry`, fromBeginning: true });
    let arrived = 0;
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async () => {
        arrived += 1;
      },
    });
    try {
      const ended = await untilIs('redrive', 'to end', ({ endedAt }) => endedAt !== null);
      expect(ended).toMatchObject({
        status: 'succeeded',
        outputs: { chosen: 3, sent: 3, reprocessed: 3, failed: 0 },
      });
      expect(arrived).toBe(3);
      const { rows } = await world.pool.query('SELECT attempt_id::text AS attempt FROM redrive');
      expect(rows).toEqual([{ attempt: attemptId }]);
    } finally {
      await consumer.disconnect();
      await second.stop();
    }
  });
});
