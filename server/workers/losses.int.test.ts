import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type AuditedTopic, openAuditedTopic } from '../../demo/testing/audited-topic.ts';
import { openReplayWorld, type ReplayWorld, toMessage } from '../../demo/testing/replay-world.ts';

import { deliveryReads } from '../adapters/deliveries/delivery-pages.ts';

let world: ReplayWorld;
const opened: AuditedTopic[] = [];

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});
afterAll(() => world?.close());

/** Grace of a second: a test waits for it. */
const graceMs = 1_000;

const outboxTable = (table: string) =>
  `CREATE TABLE ${table} (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL,
     written_at timestamptz NOT NULL DEFAULT clock_timestamp(), published boolean NOT NULL DEFAULT false);
   GRANT SELECT ON ${table} TO ${world.reader}`;

async function open() {
  const table = `outbox_${randomUUID().slice(0, 8)}`;
  await world.pool.query(outboxTable(table));
  const audited = await openAuditedTopic(world, {
    partitions: 2,
    contract: `budgets: { losses: { graceMs: ${graceMs} } },
      sent: { connection: 'shop', table: '${table}', id: 'event_id', at: 'written_at', position: 'position' },`,
  });
  opened.push(audited);
  const send = async (id: string, on: pg.Pool | pg.Client = world.pool) =>
    void (await on.query(`INSERT INTO ${table} (event_id) VALUES ($1)`, [id]));
  const arrive = (...ids: readonly string[]) =>
    audited.deliver(...ids.map((id) => ({ id, key: `k-${id}`, value: { amount: 1 } })));
  /** Turns until the audit says so; a grace has to pass first. */
  const until = (expected: Readonly<Record<string, number>>) =>
    expect
      .poll(
        async () => {
          await audited.audit();
          return audited.counts();
        },
        { timeout: 20_000, interval: 100 },
      )
      .toEqual(expected);
  return { ...audited, table, send, arrive, until };
}

describe('an event that was sent', () => {
  it('and not carried is lost after its grace, is told once, and is taken back when it arrives late', async () => {
    const audited = await open();
    await audited.audit();
    await audited.send('kept');
    await audited.send('suppressed');
    await audited.arrive('kept');
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 1, sent: 1 });
    expect(audited.raised).toEqual([]);
    await audited.until({ events: 1, sent: 2, lost: 1 });
    await audited.audit();
    expect(audited.raised).toMatchObject([
      {
        kind: 'lost-event',
        cause: `lost:${audited.contractId}`,
        suggestedClass: 'P1',
        facts: { lost: '1', events: 'suppressed', outbox: `shop: ${audited.table}` },
      },
    ]);
    expect(await audited.findings()).toMatchObject([
      { kind: 'lost', eventId: 'suppressed', position: 2, arrivedAt: null },
    ]);
    const bad = audited.readings.filter(({ indicator, bad }) => indicator === 'losses' && bad > 0);
    expect(bad).toMatchObject([
      {
        total: 1,
        bad: 1,
        spends: [
          {
            cause: 'lost:suppressed',
            link: { kind: 'sent', table: audited.table, position: '2', eventId: 'suppressed' },
          },
        ],
      },
    ]);

    await audited.arrive('suppressed');
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 2, sent: 2, late: 1 });
    expect(audited.takenBack).toEqual(['lost:suppressed']);
    expect(audited.cleared).toEqual([`lost:${audited.contractId}`]);
    expect(audited.raised).toHaveLength(1);
    expect((await audited.findings())[0]?.arrivedAt).toBeInstanceOf(Date);
  });

  it('twice under one id is there when it arrives twice, and lost once when it arrives once', async () => {
    const audited = await open();
    await audited.audit();
    for (const id of ['both', 'both', 'one', 'one']) await audited.send(id);
    await audited.arrive('both', 'both', 'one');
    await audited.until({ events: 3, redelivered: 1, sent: 4, lost: 1 });
    expect(audited.raised[0]?.facts).toMatchObject({ events: 'one' });
  });

  it('in a transaction that commits late is not missed at its lower position, and has its grace from then on', async () => {
    const audited = await open();
    await audited.audit();
    const late = new pg.Client({ connectionString: world.pool.options.connectionString });
    await late.connect();
    try {
      await late.query('BEGIN');
      await audited.send('late', late);
      await late.query('SAVEPOINT of_a_library');
      await audited.send('late in a savepoint', late);
      await late.query('RELEASE SAVEPOINT of_a_library');
      await audited.send('early');
      await audited.arrive('early');
      await audited.until({ events: 1, sent: 1 });
      await new Promise((passed) => setTimeout(passed, 2 * graceMs));
      await late.query('COMMIT');
      await audited.audit();
      expect(audited.raised).toEqual([]);
      await audited.arrive('late');
      await audited.until({ events: 2, sent: 3, lost: 1 });
      expect(audited.raised[0]?.facts).toMatchObject({ lost: '1', events: 'late in a savepoint' });
    } finally {
      await late.end();
    }
  });

  it('of a topic that was made again begins anew: what is sent from then on is held against what arrives', async () => {
    const audited = await open();
    await audited.audit();
    await audited.send('before');
    await audited.arrive('before');
    await audited.audit();
    await world.recreate(audited.topic, 2);
    await audited.audit();
    await audited.send('after');
    await audited.arrive('after');
    await audited.until({ events: 2, sent: 2 });
    await new Promise((passed) => setTimeout(passed, 2 * graceMs));
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 2, sent: 2 });
    expect(audited.raised).toEqual([]);
  });

  it('in a transaction that commits late is found where the outbox is looked through a page at a time', async () => {
    const audited = await open();
    await audited.audit();
    const asked: number[] = [];
    const { outboxes } = audited.deps;
    const byPages: typeof outboxes = {
      ...outboxes,
      async read(sent, cursor) {
        const found = await outboxes.read(sent, cursor, 2);
        asked.push(found.standing);
        return found;
      },
    };
    const late = new pg.Client({ connectionString: world.pool.options.connectionString });
    await late.connect();
    try {
      await late.query('BEGIN');
      for (let n = 0; n < 9; n++) await audited.send(n === 3 ? 'late' : `e${n}`, n === 3 ? late : world.pool);
      const early = [0, 1, 2, 4, 5, 6, 7, 8].map((n) => `e${n}`);
      await audited.arrive(...early, 'late');
      await expect
        .poll(
          async () => {
            await audited.audit({ outboxes: byPages });
            return (await audited.counts()).sent;
          },
          { timeout: 20_000, interval: 20 },
        )
        .toBe(8);
      // The pass is in the midst of the stretch, behind the row or before it.
      await audited.audit({ outboxes: byPages });
      await late.query('COMMIT');
      await expect
        .poll(
          async () => {
            await audited.audit({ outboxes: byPages });
            return (await audited.counts()).sent;
          },
          { timeout: 20_000, interval: 20 },
        )
        .toBe(9);
      await due(audited.contractId);
      for (let turn = 0; turn < 12; turn++) await audited.audit({ outboxes: byPages });
      expect(await audited.counts()).toEqual({ events: 9, sent: 9 });
      expect(await audited.findings()).toEqual([]);
      expect(Math.max(...asked)).toBe(2);
    } finally {
      await late.end();
    }
  });

  it.each<[string, (table: string) => string, RegExp]>([
    [
      'has begun its positions again',
      (table) => `TRUNCATE ${table} RESTART IDENTITY`,
      /has begun its positions again: .* up to position 3, .* at 1 now/,
    ],
    ['was made again', (table) => `DROP TABLE ${table}; ${outboxTable(table)}`, /is another table now/],
  ])('into an outbox that %s is told of, and judged from then on', async (_, again, told) => {
    const audited = await open();
    await audited.audit();
    for (const id of ['a', 'b', 'c']) await audited.send(id);
    await audited.arrive('a', 'b');
    await audited.audit();
    await world.pool.query(again(audited.table));
    await audited.send('d');
    await audited.audit();
    const findings = await audited.findings();
    expect(findings.map(({ kind }) => kind)).toEqual(['recreated']);
    expect(findings[0]?.detail).toMatch(told);
    expect(findings[0]?.detail).toMatch(/Whether 1 event that had been sent arrived can not be told/);
    await audited.send('kept');
    await audited.send('suppressed');
    await audited.arrive('d', 'kept');
    await audited.until({ events: 4, sent: 4, lost: 1, untold: 1 });
    expect(audited.raised[0]?.facts).toMatchObject({ events: 'suppressed' });
  });

  it('is judged although a transaction is always open on the topic', async () => {
    const audited = await open();
    await audited.audit();
    const overlapping = transactionsOn(audited.topic);
    try {
      await overlapping.next();
      await audited.send('suppressed');
      await expect
        .poll(
          async () => {
            await overlapping.next();
            await audited.audit();
            return (await audited.counts()).lost;
          },
          { timeout: 20_000, interval: 100 },
        )
        .toBe(1);
      expect(audited.raised[0]?.facts).toMatchObject({ events: 'suppressed' });
    } finally {
      await overlapping.end();
    }
  });

  it('and may stand behind an open transaction is no loss, and that it is not judged is told', async () => {
    const audited = await open();
    await audited.audit();
    // The first look is where the judgement begins, and the next has judged up to itself.
    await audited.audit();
    const overlapping = transactionsOn(audited.topic);
    try {
      await overlapping.next();
      await audited.send('behind it');
      await audited.deliver({ id: 'behind it', key: 'k', value: { amount: 1 }, partition: 0 });
      await audited.audit();
      await new Promise((passed) => setTimeout(passed, 2 * graceMs));
      await audited.audit();
      expect(audited.raised).toEqual([]);
      // As it stands once two minutes have passed.
      await world.pool.query(
        `UPDATE delivery_cursor SET closed_until = closed_until - interval '2 min' WHERE contract_id = $1`,
        [audited.contractId],
      );
      const view = (await deliveryReads(world.runner).deliveries()).find(
        ({ contractId }) => contractId === audited.contractId,
      );
      expect(view?.outbox?.unjudged).toMatchObject({ cause: 'open-transaction', waiting: 1 });
      expect(Number(view?.outbox?.unjudged?.records)).toBeGreaterThan(0);
      expect(view?.outbox?.unjudged?.forMs).toBeGreaterThan(120_000);
    } finally {
      await overlapping.end();
    }
    await audited.until({ events: 2, sent: 1 });
    expect(audited.raised).toEqual([]);
  });

  it('and marked as published in its row later counts once', async () => {
    const audited = await open();
    await audited.audit();
    await audited.send('marked');
    await audited.arrive('marked');
    await audited.audit();
    await world.pool.query(`UPDATE ${audited.table} SET published = true`);
    await audited.audit();
    await audited.until({ events: 1, sent: 1 });
    expect(
      (
        await world.pool.query(
          'SELECT FROM awaited_event w JOIN delivery_audit a ON a.number = w.audit WHERE contract_id = $1',
          [audited.contractId],
        )
      ).rowCount,
    ).toBe(0);
  });

  it('before the audit began is not judged, though it arrives afterwards', async () => {
    const audited = await open();
    await audited.send('before');
    await audited.audit();
    await audited.arrive('before');
    await audited.audit();
    await due(audited.contractId);
    await audited.until({ events: 1 });
    expect(await audited.findings()).toEqual([]);
  });

  it('is looked for nowhere where records are gone unread: that is said instead', async () => {
    const audited = await open();
    await audited.audit();
    await audited.send('a');
    await audited.audit();
    const at = { id: 'a', key: 'k', value: { amount: 1 }, partition: 0 };
    await audited.deliver(at);
    await world.truncate(audited.topic, 0, '1');
    await audited.until({ missing: 1, untold: 1 });
    expect(audited.raised).toEqual([]);
    expect((await audited.findings()).map(({ kind }) => kind).sort()).toEqual(['missing', 'untold']);
  });
});

/** Transactions on partition 0 of a topic, of which the next one begins before the last one ends. */
function transactionsOn(topic: string) {
  const producers = [1, 2].map((n) =>
    world.kafka.producer({ transactionalId: `${topic}-${n}`, idempotent: true, maxInFlightRequests: 1 }),
  );
  let turn = 0;
  let open: Awaited<ReturnType<(typeof producers)[number]['transaction']>> | null = null;
  const close = async () => {
    await open?.commit();
    open = null;
  };
  return {
    async next() {
      const producer = producers[turn % producers.length];
      if (producer === undefined) return;
      if (turn < producers.length) await producer.connect();
      const begun = await producer.transaction();
      const other = { id: `of transaction ${turn}`, key: 'k', value: { amount: 1 } };
      await begun.send({ topic, messages: [{ ...toMessage(other), partition: 0 }] });
      await close();
      open = begun;
      turn += 1;
    },
    async end() {
      await close();
      for (const producer of producers) await producer.disconnect();
    },
  };
}

/** Lets what waits for its row in the outbox be due. */
const due = (contractId: string) =>
  world.pool.query(
    `UPDATE awaited_event w SET due_at = now() - interval '1 second' FROM delivery_audit a
     WHERE a.number = w.audit AND a.contract_id = $1`,
    [contractId],
  );

describe('an event that arrived', () => {
  it('and was never sent is told as that', async () => {
    const audited = await open();
    await audited.send('first');
    await audited.audit();
    await audited.arrive('forged');
    await audited.audit();
    await due(audited.contractId);
    await audited.until({ events: 1, unsent: 1 });
    expect(await audited.findings()).toMatchObject([{ kind: 'unsent', eventId: 'forged' }]);
  });

  it('more often than it was sent was carried twice: a duplicate, and no more', async () => {
    const audited = await open();
    await audited.audit();
    await audited.send('twice');
    await audited.arrive('twice', 'twice');
    await audited.audit();
    await due(audited.contractId);
    await audited.until({ events: 2, redelivered: 1, sent: 1 });
    expect((await audited.findings()).map(({ kind }) => kind)).toEqual(['redelivered']);
  });

  it.each([
    ['is empty', 'DELETE FROM TABLE'],
    ['begins later', 'DELETE FROM TABLE; INSERT INTO TABLE (event_id) SELECT $$later$$ FROM pg_sleep(0.01)'],
  ])('without a row where the outbox %s can not be told, and is no alarm', async (_, prune) => {
    const audited = await open();
    await audited.send('any');
    await audited.audit();
    await audited.arrive('pruned');
    await audited.audit();
    await world.pool.query(prune.replaceAll('TABLE', audited.table));
    await due(audited.contractId);
    await expect
      .poll(
        async () => {
          await audited.audit();
          return (await audited.counts()).untold;
        },
        { timeout: 10_000 },
      )
      .toBe(1);
    expect((await audited.findings()).map(({ kind }) => kind)).toEqual(['untold']);
    expect(audited.raised).toEqual([]);
  });

  it('can not be told to be unsent where rows are deleted one by one after they were carried', async () => {
    const audited = await open();
    await audited.send('stuck');
    await audited.audit();
    await audited.send('carried');
    await audited.arrive('carried');
    await audited.audit();
    await world.pool.query(`DELETE FROM ${audited.table} WHERE event_id = 'carried'`);
    await audited.arrive('too fast to be seen');
    await audited.audit();
    await due(audited.contractId);
    await audited.until({ events: 2, sent: 1, untold: 1 });
  });
});

it('is audited all the same where the outbox can not be read, and that is said', async () => {
  const audited = await open();
  await audited.audit();
  await world.pool.query(`REVOKE SELECT ON ${audited.table} FROM ${world.reader}`);
  await audited.send('a');
  await audited.arrive('a', 'a');
  await audited.audit();
  expect(await audited.counts()).toEqual({ events: 2, redelivered: 1 });
  const { rows } = await world.pool.query(
    'SELECT sent_problem AS problem FROM delivery_audit WHERE contract_id = $1',
    [audited.contractId],
  );
  expect(rows[0]?.problem).toMatch(/permission denied.*Grant the role SELECT/);
  await world.pool.query(`GRANT SELECT ON ${audited.table} TO ${world.reader}`);
  await audited.until({ events: 2, redelivered: 1, sent: 1 });
  expect(audited.raised).toEqual([]);
});
