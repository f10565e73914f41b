import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type AuditedTopic, openAudit, openAuditedTopic } from '../../demo/testing/audited-topic.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { createDeliveryAudits } from '../application/deliveries/audit-all.ts';
import { findingOf } from '../domain/deliveries/index.ts';

const HOUR = 3_600_000;
let world: ReplayWorld;
const opened: AuditedTopic[] = [];

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});
afterAll(() => world?.close());

async function open(partitions: number, contract = '') {
  const topic = await openAuditedTopic(world, { partitions, contract });
  opened.push(topic);
  return topic;
}

const event = (id: string, partition = 0, amount = 1, at?: Date) => ({
  id,
  key: `k-${id}`,
  value: { amount },
  partition,
  ...(at === undefined ? {} : { at }),
});

describe('duplicates of a topic', () => {
  it('are counted once each, redeliveries and conflicting ones apart, across partitions and restarts', async () => {
    const audited = await open(3);
    await audited.deliver(event('a'), event('b', 1), event('c', 2), event('a'));
    await audited.audit();
    await audited.deliver(event('b', 2), event('c', 0, 99), { ...event('a', 1), key: 'another' });
    await audited.audit();
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 7, redelivered: 2, conflicting: 2 });
    expect((await audited.findings()).find(({ eventId }) => eventId === 'b')).toMatchObject({
      partition: 2,
      offset: 1,
      firstPartition: 1,
      firstOffset: 0,
    });
    const found = (await audited.findings()).map(({ kind, eventId }) => `${kind} ${eventId}`).sort();
    expect(found).toEqual(['conflicting a', 'conflicting c', 'redelivered a', 'redelivered b']);
    const counted = audited.readings.filter(({ indicator }) => indicator === 'duplicates');
    expect(counted.reduce((sum, { total }) => sum + total, 0)).toBe(7);
    expect(counted.reduce((sum, { bad }) => sum + bad, 0)).toBe(4);
    expect(counted.flatMap(({ spends }) => spends)).toHaveLength(4);
    expect(audited.raised).toMatchObject([
      {
        kind: 'duplicate',
        cause: `conflicting:${audited.contractId}`,
        suggestedClass: 'P2',
        facts: { conflicting: '2' },
        scope: { partitions: expect.arrayContaining([{ partition: 2, from: '0', to: '1' }]) },
      },
    ]);
  });

  it('are within the look-back, whose edge belongs to it', async () => {
    const audited = await open(1, 'budgets: { duplicates: { lookBackHours: 2 } },');
    const start = Date.now() - 3 * HOUR;
    const later = (ms: number) => new Date(start + ms);
    audited.at(new Date(start + HOUR));
    await audited.deliver(
      event('edge', 0, 1, later(0)),
      event('beyond', 0, 1, later(0)),
      event('edge', 0, 1, later(2 * HOUR)),
      event('beyond', 0, 1, later(2 * HOUR + 1)),
    );
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 4, redelivered: 1 });
    expect(await audited.findings()).toMatchObject([{ eventId: 'edge', offset: 2 }]);
  });

  it('are looked for from the look-back on, and ids older than that are let go', async () => {
    const audited = await open(1, 'budgets: { duplicates: { lookBackHours: 2 } },');
    const now = Date.now();
    await audited.deliver(event('old', 0, 1, new Date(now - 5 * HOUR)), event('new', 0, 1, new Date(now)));
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 1 });
    const kept = () =>
      world.pool.query(
        `SELECT FROM delivered_id k JOIN delivery_audit a ON a.number = k.audit WHERE a.contract_id = $1`,
        [audited.contractId],
      );
    expect((await kept()).rowCount).toBe(1);
    audited.at(new Date(now + 2 * HOUR - 1));
    await audited.audit();
    expect((await kept()).rowCount).toBe(1);
    audited.at(new Date(now + 3 * HOUR));
    await audited.audit();
    expect((await kept()).rowCount).toBe(0);
  });

  it('are counted once where a worker vanishes before it has committed', async () => {
    const audited = await open(2);
    await audited.deliver(event('a'), event('a', 1), event('a', 1));
    const vanishing = { live: { notify: () => Promise.reject(new Error('gone')) } };
    await expect(audited.turn(vanishing)).rejects.toThrow('gone');
    expect(await audited.counts()).toEqual({});
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 3, redelivered: 2 });
  });

  it('take longer than a lease, and keep it as long as they get on', async () => {
    const topic = await open(1);
    const { deps } = topic;
    await topic.deliver(event(randomUUID()));
    let steps = 0;
    let holds = 0;
    const leases: typeof deps.leases = {
      ...deps.leases,
      hold: (...args) => {
        holds += 1;
        return deps.leases.hold(...args);
      },
    };
    // Each look at the clock is twenty seconds after the one before.
    const clock = { ...deps.clock, now: () => new Date(Date.now() + 20_000 * steps++) };
    const signs = topic.signs();
    const before = await topic.counts();
    await topic.turn({ leases, clock });
    expect(topic.signs() - signs).toBeGreaterThanOrEqual(4);
    expect(holds).toBeGreaterThanOrEqual(4);
    expect((await topic.counts()).events).toBe((before.events ?? 0) + 1);

    await topic.deliver(event(randomUUID()));
    const taken: typeof deps.leases = {
      ...deps.leases,
      // Somebody else has it by the second time.
      hold: async (...args) => holds++ === 0 && deps.leases.hold(...args),
    };
    holds = 0;
    expect(await topic.turn({ leases: taken, clock })).toBe(false);
    expect((await topic.counts()).events).toBe((before.events ?? 0) + 1);
    await topic.audit();
  });

  it('are counted once by two workers that start at the same time', async () => {
    const audited = await open(2);
    await audited.deliver(...Array.from({ length: 200 }, (_, at) => event(`e-${at % 150}`, at % 2)));
    await Promise.all(['first', 'second', 'third'].map((worker) => audited.turn({}, worker)));
    await Promise.all(['first', 'second', 'third'].map((worker) => audited.turn({}, worker)));
    expect(await audited.counts()).toEqual({ events: 200, redelivered: 50 });
  });

  it('are told of a poison record too, which is named, as is a record without an id', async () => {
    const audited = await open(1);
    await audited.deliver(
      { ...event('poison'), value: '{broken' },
      { ...event('poison'), value: '{broken' },
      { ...event(''), value: { amount: 1 } },
    );
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 3, redelivered: 1, undecodable: 2, without_id: 1 });
    expect((await audited.findings()).map(({ kind, offset }) => `${kind} ${offset}`).sort()).toEqual([
      'redelivered 1',
      'undecodable 0',
      'undecodable 1',
      'without-id 2',
    ]);
    expect(JSON.stringify(await audited.findings())).not.toContain('{broken');
  });
});

describe('findings', () => {
  it('of one kind are kept up to 2,000 in an hour, and what was lost whole', async () => {
    const audited = await open(1);
    const findings = (kind: 'redelivered' | 'lost', count: number) =>
      Array.from({ length: count }, (_, at) => findingOf(kind, new Date(), `${kind} ${at}`));
    const hour = Date.now();
    const { unitOfWork, deliveries } = audited.deps;
    const keep = (kind: 'redelivered' | 'lost', count: number, at: number) =>
      unitOfWork.run((tx) =>
        deliveries.keepFindings(tx, audited.contractId, findings(kind, count), new Date(at)),
      );
    await keep('redelivered', 1_900, hour);
    await keep('redelivered', 200, hour + 1_000);
    await keep('lost', 2_100, hour + 2_000);
    const kept = async () =>
      Object.entries(Object.groupBy(await audited.findings(), ({ kind }) => String(kind)));
    const counts = async () => (await kept()).map(([kind, of]) => [kind, of?.length]).sort();
    expect(await counts()).toEqual([
      ['lost', 2_100],
      ['redelivered', 2_000],
    ]);
    await keep('redelivered', 5, hour + HOUR + 2_000);
    expect(await counts()).toEqual([
      ['lost', 2_100],
      ['redelivered', 2_005],
    ]);
  });
});

describe('what can not be audited', () => {
  it('keeps no other contract from it where its history does not answer, and is told with since when', async () => {
    const [hanging, other] = [await open(1), await open(1)];
    await other.audit();
    await hanging.audit();
    const { histories } = other.deps;
    let laterMs = 0;
    const now = () => new Date(Date.now() + laterMs);
    const audits = createDeliveryAudits(
      {
        ...other.deps,
        clock: { ...other.deps.clock, now },
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
        histories: {
          open: (contract) =>
            contract.id === hanging.contractId ? new Promise(() => undefined) : histories.open(contract),
        },
      },
      'one worker',
    );
    const begin = () => audits.begin(new AbortController().signal);
    for (let turn = 1; turn <= 2; turn++) {
      await other.deliver(event(`e-${turn}`));
      void begin();
      await expect.poll(() => other.counts(), { timeout: 20_000 }).toEqual({ events: turn });
    }
    const problemOf = async ({ contractId }: AuditedTopic) => {
      const { rows } = await world.pool.query(
        'SELECT problem, problem_since AS since, audited_at AS audited FROM delivery_audit WHERE contract_id = $1',
        [contractId],
      );
      return rows[0];
    };
    const before = await problemOf(hanging);
    laterMs = 61_000;
    await begin();
    await expect
      .poll(() => problemOf(hanging))
      .toMatchObject({
        problem: expect.stringMatching(/Nothing has been judged since .*does not answer/),
        since: expect.any(Date),
        audited: before.audited,
      });
    expect((await problemOf(other)).problem).toBe(null);
  });

  it('is named where retention has passed the cursor, and the audit goes on behind it', async () => {
    const audited = await open(1);
    await audited.deliver(event('a'), event('b'));
    await audited.audit();
    await audited.deliver(event('c'), event('a'), event('b'));
    await world.truncate(audited.topic, 0, '4');
    await audited.audit();
    expect(await audited.counts()).toEqual({ events: 3, redelivered: 1, missing: 2 });
    expect(await audited.findings()).toMatchObject([
      {
        kind: 'missing',
        partition: 0,
        offset: 2,
        to: 4,
        detail: expect.stringContaining('Offsets 2 to 3 of partition 0'),
      },
      { kind: 'redelivered', eventId: 'b', offset: 4 },
    ]);
  });

  it('is named where the topic was made again, whose ids are new ones', async () => {
    const audited = await open(1);
    await audited.deliver(event('a'), event('b'));
    await audited.audit();
    await world.recreate(audited.topic, 1);
    await audited.deliver(event('a'));
    await expect
      .poll(
        async () => {
          await audited.turn().catch(() => false);
          return audited.counts();
        },
        { timeout: 20_000 },
      )
      .toEqual({ events: 3 });
    expect(await audited.findings()).toMatchObject([
      { kind: 'recreated', detail: expect.stringContaining(audited.topic) },
    ]);
  });

  it('is said of a history that can not be read, until it can', async () => {
    const audited = await open(1);
    const away = { histories: { open: () => Promise.reject(new Error('the broker is away')) } };
    await expect(audited.turn(away)).rejects.toThrow('the broker is away');
    const problem = async () =>
      (
        await world.pool.query('SELECT problem FROM delivery_audit WHERE contract_id = $1', [
          audited.contractId,
        ])
      ).rows[0]?.problem;
    expect(await problem()).toBe('the broker is away');
    await audited.deliver(event('a'), event('a'));
    await audited.audit();
    expect(await problem()).toBeNull();
    expect(await audited.counts()).toEqual({ events: 2, redelivered: 1 });
  });
});

describe('duplicates of an event table', () => {
  it('are counted once each, and a row that commits late at a lower position is not passed over', async () => {
    await world.pool.query(await readFile('demo/schema/bank.sql', 'utf8'));
    // The bank keeps its ids apart by itself; other tables do not.
    await world.pool.query('ALTER TABLE account_events DROP CONSTRAINT account_events_event_id_key');
    await world.contractFile('contracts/accounts.ts');
    const audited = await openAudit(world, 'accounts');
    const late = new pg.Client({ connectionString: world.pool.options.connectionString });
    await late.connect();
    const [a, b] = [randomUUID(), randomUUID()];
    const write = (on: pg.Pool | pg.Client, id: string, cents = 1) =>
      on.query(
        `INSERT INTO account_events (event_id, account, type, version, data, occurred_at)
         VALUES ($1, 'ACC-1', 'MoneyDeposited', 1, $2, now())`,
        [id, { cents }],
      );
    // Rows are final once every transaction of the server that is older has ended, and others have theirs.
    const until = (expected: Readonly<Record<string, number>>) =>
      expect
        .poll(
          async () => {
            await audited.audit();
            return audited.counts();
          },
          { timeout: 60_000, interval: 200 },
        )
        .toEqual(expected);
    try {
      await write(world.pool, a);
      await until({ events: 1 });
      await late.query('BEGIN');
      await write(late, b);
      await write(world.pool, a);
      await audited.audit();
      expect(await audited.counts()).toEqual({ events: 1 });
      await late.query('COMMIT');
      await until({ events: 3, redelivered: 1 });
      await write(world.pool, b, 2);
      await until({ events: 4, redelivered: 1, conflicting: 1 });
      expect((await audited.findings()).map(({ eventId }) => eventId)).toEqual([a, b]);
    } finally {
      await late.end();
      await audited.close();
    }
  });
});
