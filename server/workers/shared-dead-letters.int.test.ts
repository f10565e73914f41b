import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { signIn } from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { callerOver } from '../api/test-kit.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { composeWorker } from '../composition/worker.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('dead letters of a topic that two states park in', () => {
  let world: ReplayWorld;
  let worker: ReturnType<typeof composeWorker>;
  let dashboard: ReturnType<typeof composeDashboard>;
  let dead: string;
  let olga: Awaited<ReturnType<typeof signIn>>;
  const at: Record<string, string> = {};

  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    const settings = readSettings(world.env, process.cwd());
    worker = composeWorker(settings, { name: 'letters' });
    dashboard = composeDashboard(settings, 'test');
    const topic = await world.topic(1);
    dead = `${topic}.dead`;
    // Both show what they hold: that says nothing of what events hold.
    await world.contract('tally', topic, (source) =>
      source
        .replace('expected: (item) => item.total }', 'expected: (item) => item.total, shown: true }')
        .replace(
          'derivedStates: {',
          `derivedStates: {
    counter: postgresState<Item>({
      title: 'Counter',
      connection: 'shop',
      table: 'counter',
      key: 'item',
      fields: { total: { column: 'total', expected: (item) => item.total, shown: true } },
      consumerGroup: 'counter',
      deadLetters: { topic: '${dead}', id: fromHeader('id'), cause: fromHeader('cause'), redriveTo: '${topic}.counter' },
    }),`,
        ),
    );
    olga = await signIn(world.pool, 'olga', ['operator', 'approver']);
    await park();
  });
  afterAll(async () => {
    await Promise.all([worker.close(), dashboard.close()]);
    await world.close();
  });

  const as = (roles: Parameters<typeof callerOver>[1]['roles'] = ['operator']) =>
    callerOver(dashboard, { id: olga.personId, roles, sessionId: olga.sessionId });
  const letters = () => as().deadLetters;

  /** One each of the two states, of one event, and one that does not say whose it is. */
  async function park() {
    const producer = world.kafka.producer();
    await producer.connect();
    const id = randomUUID();
    for (const [offset, who] of ['counter', 'shelf', 'nobody'].entries()) {
      at[who] = String(offset);
      await producer.send({
        topic: dead,
        messages: [
          {
            key: 'K1',
            value: '{"amount":"SECRET-7"}',
            headers: {
              ...{ id: who === 'nobody' ? randomUUID() : id, type: 'ItemsAdded', version: '2' },
              ...{ cause: 'refused', 'dlq.detail': 'amount was SECRET-7' },
              ...(who === 'nobody' ? {} : { 'dlq.projector': who }),
            },
          },
        ],
      });
    }
    await producer.disconnect();
    await index();
  }
  const index = () => worker.letters.index('letters', new AbortController().signal);
  const owners = async () =>
    (
      await world.pool.query(
        'SELECT state FROM dead_letter WHERE topic = $1 AND partition = 0 ORDER BY "offset"',
        [dead],
      )
    ).rows.map(({ state }) => state);
  async function whileUnloadable(contractId: string, work: () => Promise<void>) {
    const { rows } = await world.pool.query(
      `SELECT encode(bundle, 'hex') AS bundle FROM contract_version WHERE contract_id = '${contractId}'`,
    );
    const store = (hex: string) =>
      world.pool.query(
        `BEGIN; SET LOCAL session_replication_role = replica;
         UPDATE contract_version SET bundle = decode('${hex}', 'hex'), digest = encode(sha256(decode('${hex}', 'hex')), 'hex')
         WHERE contract_id = '${contractId}'; COMMIT`,
      );
    await store(Buffer.from('no contract').toString('hex'));
    await work().finally(() => store(rows[0]?.bundle));
  }
  const preview = (derivedState: string, more: object) =>
    letters().previewRedrive({ contractId: 'tally', derivedState, ...more });
  const place = (who: string) => ({ letters: [{ topic: dead, partition: 0, offset: at[who] ?? '' }] });

  it('are of the one that their header names, and of nobody where none does', async () => {
    const { rows } = await letters().list({ topic: dead });
    expect(rows.map(({ state, isOwnerKnown }) => [state, isOwnerKnown])).toEqual([
      ['counter', false],
      ['shelf', true],
      ['counter', true],
    ]);
  });

  it.each([
    ['before headers said whose they are', 'NULL, NULL', 'NULL'],
    ['for a state that has another name by now', `'tally', 'shelves'`, `'1: tally/shelves'`],
  ])('are told anew whose they are where they were indexed %s', async (_when, owner, ownedBy) => {
    await world.pool.query(`UPDATE dead_letter SET (contract_id, state) = ROW (${owner}) WHERE topic = $1`, [
      dead,
    ]);
    await world.pool.query(`UPDATE dead_letter_topic SET owned_by = ${ownedBy} WHERE topic = $1`, [dead]);
    await index();
    expect(await owners()).toEqual(['counter', 'shelf', null]);
    const [cursor] = (
      await world.pool.query('SELECT owner_next FROM dead_letter_cursor WHERE topic = $1', [dead])
    ).rows;
    expect(cursor).toEqual({ owner_next: null });
  });

  it('are sent for their own state alone, and not at all where nobody says whose they are', async () => {
    const [topic] = (await letters().topics()).filter((each) => each.topic === dead);
    const groupId = topic?.groups[0]?.groupId;
    const notKnown = `1 letter of which no header says which of several states has parked it (0/${at.nobody})`;
    for (const [state, target] of [
      ['counter', dead.replace('.dead', '.counter')],
      ['shelf', dead.replace('.dead', '')],
    ] as const) {
      const seen = await preview(state, { groupId });
      expect(seen).toMatchObject({ letters: 1, target, leftOut: `Left out: ${notKnown}.` });
      expect(await preview(state, place(state))).toMatchObject({ letters: 1, target });
    }
    await expect(preview('counter', place('shelf'))).rejects.toThrow('Another state than counter of tally');
    await expect(preview('counter', place('nobody'))).rejects.toThrow(
      `no header says which has parked 1 letter: 0/${at.nobody}`,
    );
  });

  it('say nothing of what an event holds to whoever has not revealed it, whatever states show', async () => {
    const all = async () => {
      const [topic] = (await letters().topics()).filter((each) => each.topic === dead);
      return JSON.stringify([
        topic,
        await letters().list({ topic: dead }),
        await letters().get({ topic: dead, partition: 0, offset: at.shelf ?? '' }),
        await preview('shelf', { groupId: topic?.groups[0]?.groupId }),
      ]);
    };
    const hidden = await all();
    expect(hidden).toContain('"exception":"refused"');
    expect(hidden).not.toMatch(/SECRET|amount was/);
    await as(['operator', 'approver']).states.reveal({ contractId: 'tally', reason: 'what is in it?' });
    const shown = await as(['operator', 'approver']).deadLetters.get({
      ...{ topic: dead, partition: 0, offset: at.shelf ?? '' },
    });
    expect(shown.cause).toContain('SECRET-7');
  });

  it('are found by their cause, however many causes have more letters', async () => {
    await world.pool.query(
      `INSERT INTO dead_letter_group (topic, group_id, exception, shape, letters, first_at, last_at)
       SELECT $1, 'g' || n, 'bad', '', 100 - n, now(), now() FROM generate_series(0, 59) n`,
      [dead],
    );
    const groups = async (asked: object) =>
      (await letters().topics(asked))
        .find((each) => each.topic === dead)
        ?.groups.map(({ groupId }) => groupId) ?? [];
    expect(await groups({})).not.toContain('g55');
    expect(await groups({ topic: dead, groupId: 'g55' })).toContain('g55');
  });

  it('keep whose they are, and are told anew later, where a contract can’t be loaded for now', async () => {
    await world.contract('tally', dead.replace('.dead', ''), (source) =>
      source.replace("id: 'tally'", "id: 'wares'").replace('shelf: postgres', 'wares: postgres'),
    );
    await index();
    await world.pool.query(
      `WITH l AS (UPDATE dead_letter SET (contract_id, state) = ROW (NULL, NULL) WHERE topic = $1)
       UPDATE dead_letter_cursor SET owner_next = start WHERE topic = $1`,
      [dead],
    );
    await whileUnloadable('wares', async () => {
      await index();
      expect(await owners()).toEqual([null, null, null]);
    });
    await index();
    expect(await owners()).toEqual(['counter', 'shelf', null]);
  });

  it('are told anew later where they were found without a contract, though the turn then failed', async () => {
    await index();
    await whileUnloadable('wares', async () => {
      await world.admin.createPartitions({ topicPartitions: [{ topic: dead, count: 2 }] });
      const producer = world.kafka.producer();
      await producer.connect();
      const headers = { id: randomUUID(), cause: 'refused', 'dlq.projector': 'wares' };
      const letter = { key: 'K1', value: '{}', headers };
      await producer.send({
        topic: dead,
        messages: [
          { ...letter, partition: 0 },
          { ...letter, partition: 1 },
        ],
      });
      await producer.disconnect();
      // The other partition's letter can't be kept: one stands at its place.
      await world.pool.query(
        `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, at)
         SELECT topic, identity, 1, 0, group_id, at FROM dead_letter WHERE topic = $1 LIMIT 1`,
        [dead],
      );
      await index();
      expect((await letters().topics()).find(({ topic }) => topic === dead)?.problem).toContain(
        'unexpectedly',
      );
      await world.pool.query('DELETE FROM dead_letter WHERE topic = $1 AND partition = 1', [dead]);
    });
    expect(await owners()).toEqual(['counter', 'shelf', null, null]);
    await index();
    expect(await owners()).toEqual(['counter', 'shelf', null, 'wares']);
  });
});
