import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RunningConnect, startConnect } from './infra/connect.ts';
import { kafkaAvailability } from './infra/kafka.ts';
import { type Layout, layoutOf } from './layout.ts';
import { placeOrder } from './services/orders/record-facts.ts';
import { openPool } from './services/process/database.ts';
import { answerCorrection } from './services/stock/answer-corrections.ts';
import { dropDatabase, withClient } from './setup/roles.ts';
import { countRecords, topicsOf, withAdmin } from './setup/topics.ts';
import { type Demo, type DemoOptions, prepareDemo } from './setup.ts';
import { drawOrder } from './story/order-story.ts';
import { seededRandom } from './story/random.ts';
import { storyDefaults } from './story/stock-story.ts';
import { silent } from './testing/scratch.ts';

const serverUrl = inject('databaseUrl');
const brokers = inject('kafkaBrokers');

function adminUrlFor(database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function removeDemo(layout: Layout): Promise<void> {
  const admin = adminUrlFor('postgres');
  await dropDatabase(admin, layout.shopDatabase);
  await dropDatabase(admin, layout.bankDatabase);
  await withClient(admin, async (client) => {
    for (const role of [layout.serviceRole, layout.readerRole]) {
      await client.query(`drop role if exists ${client.escapeIdentifier(role)}`);
    }
  });
}

async function openTrial() {
  const suffix = `_s${randomUUID().slice(0, 8)}`;
  const layout = layoutOf(suffix);
  // Java reads neither letter nor comma as they stand.
  const stateDir = await mkdtemp(join(tmpdir(), 'reprise-dëmo, '));
  const said: string[] = [];
  const options: Omit<DemoOptions, 'kafkaBrokers' | 'startConnect'> = {
    adminUrlFor,
    stateDir,
    seed: null,
    log: (line) => said.push(line),
    suffix,
  };
  return { layout, stateDir, said, options };
}

describe('a demo without a broker', () => {
  let trial: Awaited<ReturnType<typeof openTrial>>;
  let demo: Demo;
  beforeAll(async () => {
    trial = await openTrial();
    const startNone = () => Promise.reject(new Error('Connect must not be started'));
    demo = await prepareDemo({ ...trial.options, kafkaBrokers: null, startConnect: startNone });
  });
  afterAll(async () => {
    await removeDemo(trial.layout);
    await rm(trial.stateDir, { recursive: true });
  });

  it('has the bank, and says that there is no shop', () => {
    expect(demo.connections.shop).toBeNull();
    expect(demo.services.map((service) => service.name)).toEqual(['demo-balances']);
  });

  it('gives Reprise a role that can read and cannot write', async () => {
    await withClient(demo.connections.bank, async (reader) => {
      const { rows } = await reader.query('select count(*)::integer as accounts from account_balances');
      expect(rows[0]?.accounts).toBeGreaterThan(0);
      await reader.query('set default_transaction_read_only = off');
      await expect(reader.query('delete from subject_keys')).rejects.toThrow(/permission denied/);
      await expect(reader.query('create table mine (id integer)')).rejects.toThrow(/permission denied/);
    });
  });

  it('keeps addresses and passwords where only their owner reads them', async () => {
    for (const file of ['demo.json', 'demo-passwords.json']) {
      expect((await stat(join(trial.stateDir, file))).mode & 0o777).toBe(0o600);
    }
  });
});

const canRun = brokers !== '' && kafkaAvailability().available;

describe.runIf(canRun)('the whole demo, with Debezium', () => {
  let trial: Awaited<ReturnType<typeof openTrial>>;
  let connect: RunningConnect | null = null;
  let services: readonly string[] = [];
  let without: Demo;
  const prepare = async (): Promise<Demo> => {
    await connect?.stop();
    const demo = await prepareDemo({
      ...trial.options,
      kafkaBrokers: brokers,
      startConnect: async (connectors) => {
        connect = await startConnect({
          stateDir: join(trial.stateDir, 'connect'),
          kafkaBrokers: brokers,
          connectors,
          log: () => undefined,
        });
      },
    });
    await demo.connected;
    services = demo.services.map(({ name }) => name);
    return demo;
  };

  beforeAll(async () => {
    trial = await openTrial();
    // A start without Connect, which leaves the history in its middle as a killed one would.
    const cut = prepareDemo({
      ...trial.options,
      kafkaBrokers: brokers,
      startConnect: () => Promise.reject(new Error('cut off')),
    });
    without = await cut;
    await prepare();
  }, 240_000);
  afterAll(async () => {
    await connect?.stop();
    await removeDemo(trial.layout);
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: topicsOf(trial.layout) }));
    await rm(trial.stateDir, { recursive: true });
  });

  const readShop = async <T extends object>(query: string): Promise<T[]> => {
    const { shopUrl } = JSON.parse(await readFile(join(trial.stateDir, 'demo.json'), 'utf8'));
    return withClient(shopUrl, async (client) => (await client.query<T>(query)).rows);
  };

  it('has the bank where Connect does not start, and says what is missing', () => {
    expect(without.missing?.message).toBe('cut off');
    expect(without.connections.shop).toBeNull();
    expect(without.file).toMatchObject({ shopUrl: null, kafkaBrokers: null });
    expect(without.services.map(({ name }) => name)).toEqual(['demo-balances']);
  });

  it('has on the topic what the story tells, after a start that was cut off', async () => {
    expect(await countRecords(brokers, trial.layout.topic)).toBe(storyDefaults.events);
  });

  it('leaves three states that differ on one SKU, by the unread receipt and the repeated shipment', async () => {
    const { quantity, unreadReceipt, repeatedShipment } = storyDefaults.fault;
    const differing = await readShop(
      `select b.on_hand as history, i.quantity as inventory, s.quantity as selling, w.quantity as warehouse
       from stock as b left join inventory_state as i using (sku) left join selling_state as s using (sku)
         left join warehouse_state as w using (sku)
       where (b.on_hand, b.reserved) is distinct from (i.quantity, i.reserved)
          or (b.on_hand, b.reserved) is distinct from (s.quantity, s.reserved)
          or b.on_hand is distinct from w.quantity`,
    );
    expect(differing).toEqual([
      {
        history: quantity,
        inventory: quantity,
        selling: quantity - unreadReceipt,
        warehouse: quantity - repeatedShipment,
      },
    ]);
  });

  it('carries orders to a topic of their own, and leaves the story as it is', async () => {
    const { shopUrl } = JSON.parse(await readFile(join(trial.stateDir, 'demo.json'), 'utf8'));
    await withClient(shopUrl, (client) =>
      placeOrder(client, drawOrder(seededRandom('one'), 'O-00000001', 'unanswered'), 3_600_000),
    );
    await expect
      .poll(() => countRecords(brokers, trial.layout.ordersTopic), { timeout: 30_000, interval: 200 })
      .toBe(1);
    expect(await countRecords(brokers, trial.layout.topic)).toBe(storyDefaults.events);
    expect(services).toEqual([
      'demo-stock',
      'demo-inventory',
      'demo-selling',
      'demo-warehouse',
      'demo-orders',
      'demo-order-state',
      'demo-balances',
    ]);
  });

  it('is left alone by the next start', async () => {
    const [before] = await readShop<{ generation: string }>('select generation from demo_built');
    await prepare();
    expect(await readShop('select generation from demo_built')).toEqual([before]);
    expect(await countRecords(brokers, trial.layout.topic)).toBe(storyDefaults.events);
  }, 120_000);

  it('carries a correction that the stock service has taken to the topic, with what it corrects', async () => {
    const { shopUrl } = JSON.parse(await readFile(join(trial.stateDir, 'demo.json'), 'utf8'));
    const [original] = await readShop<{ id: string; sku: string }>(
      `select event_id as id, sku from stock_movements where fact = 'StockReceived' limit 1`,
    );
    const eventId = randomUUID();
    const data = { change: 3, reason: 'a case was counted as a unit' };
    const corrects = {
      eventId: original?.id,
      originalValue: '1',
      correctedValue: '4',
      reason: 'The dock scanned a unit.',
      correctedBy: 'rosa',
      ticket: 'INC-7',
    };
    const pool = openPool(shopUrl, silent);
    const answered = await answerCorrection(pool, 'a-token', {
      method: 'POST',
      url: new URL('http://127.0.0.1/corrections'),
      authorization: 'Bearer a-token',
      body: {
        eventId,
        type: 'StockAdjusted',
        version: 1,
        key: original?.sku,
        occurredAt: new Date().toISOString(),
        data,
        corrects,
      },
    }).finally(() => pool.end());
    expect(answered.status).toBe(201);

    const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `look-${eventId}` });
    await consumer.connect();
    await consumer.subscribe({ topic: trial.layout.topic, fromBeginning: true });
    const carried: unknown[] = [];
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers } }) => {
        if (String(headers?.id) === eventId)
          carried.push({
            key: String(key),
            type: String(headers?.eventType),
            value: JSON.parse(String(value)),
          });
      },
    });
    await expect.poll(() => carried.length, { timeout: 30_000, interval: 200 }).toBe(1);
    await consumer.disconnect();
    expect(carried).toEqual([{ key: original?.sku, type: 'StockAdjusted', value: { ...data, corrects } }]);
  }, 60_000);
});
