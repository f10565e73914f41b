import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { signIn } from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { callerOver } from '../api/test-kit.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { composeWorker } from '../composition/worker.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('dead letters', () => {
  let world: ReplayWorld;
  let worker: ReturnType<typeof composeWorker>;
  let dashboard: ReturnType<typeof composeDashboard>;
  let topic: string;
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
  });
  afterAll(async () => {
    await Promise.all([worker.close(), dashboard.close()]);
    await world.close();
  });

  const as = (roles: Parameters<typeof callerOver>[1]['roles'], id = 'olga') =>
    callerOver(dashboard, { id, roles, sessionId: null });
  const index = () => worker.letters.index('letters', signal);
  const letters = (which: string) => as(['viewer']).deadLetters.list({ topic: which });

  async function park(
    which: string,
    cause: string,
    value: unknown = { amount: 1 },
    id = randomUUID(),
    partition?: number,
  ) {
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: which,
      messages: [
        {
          key: 'K1',
          ...(partition === undefined ? {} : { partition }),
          value: typeof value === 'string' ? value : JSON.stringify(value),
          headers: {
            id,
            type: 'ItemsAdded',
            version: '2',
            cause,
            'dlq.detail': `item "K1" of ${id} came ${value === 0 ? 1 : 2} times`,
            'dlq.origin.topic': topic,
            'dlq.origin.partition': '0',
            'dlq.origin.offset': '7',
          },
        },
      ],
    });
    await producer.disconnect();
    return id;
  }

  /** A redrive of what stands first in the topic as it is now. */
  async function redrivenBefore(which: string) {
    const client = await world.pool.connect();
    try {
      await client.query(`SET session_replication_role = 'replica'`);
      await client.query(
        `WITH asked AS (INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters,
           per_second, requested_by, reason, status)
           SELECT gen_random_uuid(), 'tally', 'shelf', topic, identity, 'x', '{}', 'h', 1, 1, 'olga', 'x', 'done'
           FROM dead_letter_topic WHERE topic = $1 RETURNING id, topic)
         INSERT INTO redrive_letter (redrive_id, number, topic, partition, "offset", status)
         SELECT id, 1, topic, 0, 0, 'reprocessed' FROM asked`,
        [which],
      );
    } finally {
      client.release(true);
    }
    const old = await as(['viewer']).deadLetters.get({ topic: which, partition: 0, offset: '0' });
    expect(old.redrives).toMatchObject([{ status: 'reprocessed' }]);
  }

  it('are grouped by cause, whatever figures, ids and quotations stand in it', async () => {
    const dead = `${topic}.dead`;
    const id = await park(dead, 'unsupported-version');
    await park(dead, 'unsupported-version', 0);
    await park(dead, 'invalid-data');
    await index();
    const [found] = (await as(['viewer']).deadLetters.topics()).filter((each) => each.topic === dead);
    expect(found).toMatchObject({ contractId: 'tally', state: 'shelf', letters: 3, gone: 0, problem: null });
    expect(found?.groups.map((group) => [group.exception, group.letters])).toEqual([
      ['unsupported-version', 2],
      ['invalid-data', 1],
    ]);
    const { rows } = await letters(dead);
    expect(rows.map(({ offset }) => offset)).toEqual(['2', '1', '0']);
    expect(rows.at(-1)).toMatchObject({ eventId: id, origin: { topic, partition: 0, offset: '7' } });
    // The contract hides a figure, and a consumer's words may quote it.
    expect(JSON.stringify([found, rows])).not.toContain('came');
    const first = await as(['viewer']).deadLetters.list({ topic: dead, limit: 2 });
    const second = await as(['viewer']).deadLetters.list({ topic: dead, limit: 2, cursor: first.next ?? '' });
    expect([...first.rows, ...second.rows].map(({ offset }) => offset)).toEqual(['2', '1', '0']);
  });

  it('are indexed once, by however many workers and turns', async () => {
    await Promise.all([index(), worker.letters.index('another', signal), index()]);
    expect((await letters(`${topic}.dead`)).rows).toHaveLength(3);
  });

  it('say why they fail by the contract, and show their values to nobody who has not revealed them', async () => {
    const dead = `${topic}.dead`;
    await park(dead, 'invalid-data', { amount: 'SECRET-77' });
    await park(dead, 'undecodable', '{"amount": SECRET-78');
    await index();
    const at = (offset: string, roles: Parameters<typeof as>[0] = ['viewer']) =>
      as(roles, 'grace').deadLetters.get({ topic: dead, partition: 0, offset });
    const invalid = await at('3');
    expect(invalid.reading).toMatchObject({ outcome: 'fails', step: 'validate', key: 'K1' });
    expect(invalid.record?.value).toContain('amount');
    expect((await at('4')).reading).toMatchObject({ outcome: 'fails', step: 'decode' });
    expect((await at('0')).reading).toMatchObject({ outcome: 'reads', version: 1 });
    expect(JSON.stringify([invalid, await at('4')])).not.toContain('SECRET');
    expect(invalid.comparison).toMatchObject({ replayId: null, missing: [] });
    // Holding the right is not enough: revealing has a reason, and is on record.
    expect(JSON.stringify(await at('3', ['approver']))).not.toContain('SECRET');
    const ada = await signIn(world.pool, 'ada', ['approver']);
    const asAda = callerOver(dashboard, {
      id: ada.personId,
      roles: ['approver'],
      sessionId: ada.sessionId,
    });
    await asAda.states.reveal({ contractId: 'tally', reason: 'what is in it?' });
    const shown = await asAda.deadLetters.get({ topic: dead, partition: 0, offset: '3' });
    expect(shown.record?.value).toContain('SECRET-77');
    expect(shown.cause).toContain('came');
  });

  it('that retention has deleted stay listed as gone', async () => {
    const dead = `${topic}.dead`;
    await world.truncate(dead, 0, '2');
    await index();
    const [found] = (await as(['viewer']).deadLetters.topics()).filter((each) => each.topic === dead);
    expect(found).toMatchObject({ letters: 5, gone: 2, missed: '0' });
    const { rows } = await letters(dead);
    expect(rows.filter(({ gone }) => gone).map(({ offset }) => offset)).toEqual(['1', '0']);
    const gone = await as(['viewer']).deadLetters.get({ topic: dead, partition: 0, offset: '0' });
    expect(gone).toMatchObject({ gone: true, record: null });
    await expect(
      as(['viewer']).deadLetters.get({ topic: dead, partition: 0, offset: '99' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('that were deleted before anybody read them are counted as missed', async () => {
    const dead = `${topic}.dead`;
    await park(dead, 'a');
    await park(dead, 'b');
    await world.truncate(dead, 0, '6');
    await index();
    const [found] = (await as(['viewer']).deadLetters.topics()).filter((each) => each.topic === dead);
    expect(found).toMatchObject({ letters: 6, missed: '1' });
  });

  it('of a topic that was made again are others: those before are gone, and it is said', async () => {
    const dead = `${topic}.dead`;
    await redrivenBefore(dead);
    await world.recreate(dead, 1);
    await park(dead, 'a new one');
    await index();
    const again = await as(['viewer']).deadLetters.get({ topic: dead, partition: 0, offset: '0' });
    expect(again).toMatchObject({ gone: false, redrives: [] });
    const [found] = (await as(['viewer']).deadLetters.topics()).filter((each) => each.topic === dead);
    expect(found).toMatchObject({ letters: 7, gone: 6, recreatedAt: expect.any(String) });
    expect((await as(['viewer']).deadLetters.list({ topic: dead, gone: false })).rows).toHaveLength(1);
  });

  it('of a partition that was cut off are gone, and it is read on from its end, as the other is', async () => {
    const dead = `${topic}.dead`;
    await world.recreate(dead, 2);
    await index();
    await park(dead, 'another');
    await index();
    const [kept] = (await as(['viewer']).deadLetters.list({ topic: dead, gone: false })).rows;
    const partition = 1 - (kept?.partition ?? 0);
    // As if three records had been read of the other partition, the last two of them letters.
    await world.pool.query(
      'UPDATE dead_letter_cursor SET next = 3, owner_next = 2 WHERE topic = $1 AND partition = $2',
      [dead, partition],
    );
    await world.pool.query(
      `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, cause, at)
       SELECT topic, identity, $2, o, group_id, 'lost', at FROM dead_letter CROSS JOIN generate_series(1, 2) o
       WHERE topic = $1 AND NOT gone`,
      [dead, partition],
    );
    await world.pool.query(
      `UPDATE dead_letter_group SET letters = letters + 2 WHERE topic = $1 AND letters > gone`,
      [dead],
    );
    const found = async () =>
      (await as(['viewer']).deadLetters.topics()).filter((each) => each.topic === dead)[0];
    const before = await found();
    await park(dead, 'of the other partition');
    await index();
    const after = { letters: (before?.letters ?? 0) + 1, gone: (before?.gone ?? 0) + 2 };
    expect(await found()).toMatchObject({ ...after, problem: null, cut: '3', cutAt: expect.any(String) });
    for (let records = 0; records < 3; records += 1)
      await park(dead, 'new', { amount: 1 }, randomUUID(), partition);
    await index();
    expect(await found()).toMatchObject({ letters: after.letters + 3, gone: after.gone, cut: '3' });
    const { rows } = await as(['viewer']).deadLetters.list({ topic: dead, gone: false });
    expect(
      rows
        .filter((row) => row.partition === partition)
        .map(({ offset }) => offset)
        .toSorted(),
    ).toEqual(['0', '1', '2']);
    expect(await as(['viewer']).deadLetters.get({ topic: dead, partition, offset: '2' })).toMatchObject({
      gone: false,
    });
  });

  it('of a topic that can not be read say so, and are read again once it can', async () => {
    const dead = `${topic}.dead`;
    await world.admin.deleteTopics({ topics: [dead] });
    await expect
      .poll(
        async () => {
          await index();
          return (await as(['viewer']).deadLetters.topics()).find((each) => each.topic === dead)?.problem;
        },
        { timeout: 30_000 },
      )
      .toContain('does not exist');
  });
});
