import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { deadLetterHeaders, deadLetterTopicOf, groupOf, layoutOf, retryTopicOf } from '../../layout.ts';
import { recreateTopics, topicsOf, withAdmin } from '../../setup/topics.ts';
import { openScratch, silent } from '../../testing/scratch.ts';
import { consume } from './consume.ts';
import { profiles } from './profiles.ts';

const brokers = inject('kafkaBrokers');

describe.runIf(brokers !== '')('a projector on a real topic', () => {
  const layout = layoutOf(`_t${randomUUID().slice(0, 8)}`);
  const kafka = new Kafka({ clientId: 'demo-test', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  let scratch: Awaited<ReturnType<typeof openScratch>>;

  beforeAll(async () => {
    scratch = await openScratch(inject('databaseUrl'), 'shop');
    await recreateTopics(brokers, layout);
    await producer.connect();
  });
  afterAll(async () => {
    await producer.disconnect();
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: topicsOf(layout) }));
    await scratch.close();
  });

  const send = (sku: string, version: number, data: unknown) =>
    producer.send({
      topic: layout.topic,
      messages: [
        {
          key: sku,
          value: JSON.stringify(data),
          headers: { id: randomUUID(), eventType: 'StockReceived', eventVersion: String(version) },
        },
      ],
    });

  const common = (name: 'inventory' | 'selling') => ({
    kafka,
    pool: scratch.pool,
    profile: profiles[name],
    topic: layout.topic,
    groupSuffix: layout.groupSuffix,
    checksIds: true,
    log: silent,
  });
  const drain = (name: 'inventory' | 'selling') =>
    consume({
      ...common(name),
      stopped: new AbortController().signal,
      drain: { withinMs: 60_000 },
    });

  const quantities = async (table: string) => {
    const { rows } = await scratch.pool.query<{ sku: string; quantity: number }>(
      `select sku, quantity from ${table} order by sku`,
    );
    return Object.fromEntries(rows.map((row) => [row.sku, row.quantity]));
  };

  it('applies what was written before it started, and goes on where its database says', async () => {
    await send('TEA-1', 1, { quantity: 5 });
    await send('MUG-2', 1, { quantity: 7 });
    await drain('inventory');
    expect(await quantities('inventory_state')).toEqual({ 'TEA-1': 5, 'MUG-2': 7 });

    // The group's committed offsets are not what counts: set back, they change nothing.
    await withAdmin(brokers, (admin) =>
      admin.resetOffsets({
        groupId: groupOf('inventory', layout.groupSuffix),
        topic: layout.topic,
        earliest: true,
      }),
    );
    await scratch.pool.query(`delete from processed_events where projector = 'inventory'`);
    await send('TEA-1', 2, { quantity: 1, supplier: 'Alder' });
    await drain('inventory');
    expect(await quantities('inventory_state')).toEqual({ 'TEA-1': 6, 'MUG-2': 7 });
  });

  it('parks what it cannot read in its own dead-letter topic, with cause and origin', async () => {
    const [written] = await send('POT-3', 3, { cases: 2, unitsPerCase: 4, supplier: 'Pilot' });
    await drain('selling');
    expect(await quantities('selling_state')).toEqual({ 'TEA-1': 6, 'MUG-2': 7 });
    const letter = await readOne(deadLetterTopicOf(layout.topic, 'selling'));
    expect(letter).toMatchObject({
      key: 'POT-3',
      [deadLetterHeaders.cause]: 'unsupported-version',
      [deadLetterHeaders.topic]: layout.topic,
      [deadLetterHeaders.partition]: String(written?.partition),
      [deadLetterHeaders.offset]: written?.baseOffset,
      eventType: 'StockReceived',
      eventVersion: '3',
    });
  });

  it('that is killed before its commit leaves nothing of its batch, and applies it once when it is started again', async () => {
    await drain('inventory');
    const before = await quantities('inventory_state');
    await scratch.pool.query(
      `insert into projector_control (projector, crashes, delay_ms) values ('inventory', true, 300)
       on conflict (projector) do update set crashes = true, delay_ms = 300`,
    );
    await send('TEA-1', 1, { quantity: 2 });
    const start = () =>
      spawn(
        process.execPath,
        [
          'demo/services/projector.ts',
          ...['--profile', 'inventory', '--topic', layout.topic],
          ...[`--group-suffix=${layout.groupSuffix}`, '--drain'],
        ],
        {
          env: { ...process.env, DEMO_DATABASE_URL: scratch.url, DEMO_KAFKA_BROKERS: brokers },
          stdio: 'ignore',
        },
      );
    const ended = (child: ReturnType<typeof start>) =>
      new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    expect(await ended(start())).toBe('SIGKILL');
    expect(await quantities('inventory_state')).toEqual(before);
    const startedAt = performance.now();
    expect(await ended(start())).toBe(0);
    expect(performance.now() - startedAt).toBeGreaterThan(300);
    expect(await quantities('inventory_state')).toEqual({ ...before, 'TEA-1': (before['TEA-1'] ?? 0) + 2 });
  }, 120_000);
  it('applies what is sent again to it alone once its next release reads it, and only once', async () => {
    const id = randomUUID();
    const message = {
      key: 'JAR-4',
      value: JSON.stringify({ cases: 2, unitsPerCase: 4, supplier: 'Pilot' }),
      headers: { id, eventType: 'StockReceived', eventVersion: '3' },
    };
    await producer.send({ topic: layout.topic, messages: [message] });
    await drain('selling');
    expect((await quantities('selling_state'))['JAR-4']).toBeUndefined();
    await scratch.pool.query(`insert into projector_control (projector, upgraded) values ('selling', true)`);
    // A second time under the same id, as a redrive that somebody asks for twice would.
    await producer.send({ topic: retryTopicOf(layout.topic, 'selling'), messages: [message, message] });
    const stop = new AbortController();
    const running = consume({ ...common('selling'), stopped: stop.signal, drain: null });
    await expect.poll(async () => (await quantities('selling_state'))['JAR-4'], { timeout: 30_000 }).toBe(8);
    await expect
      .poll(
        async () =>
          (
            await scratch.pool.query<{ next_offset: string }>(
              `select next_offset from applied_positions where projector = 'selling.retry'`,
            )
          ).rows,
        { timeout: 30_000 },
      )
      .toEqual([{ next_offset: '2' }]);
    stop.abort();
    await running;
    expect((await quantities('selling_state'))['JAR-4']).toBe(8);
  });

  async function readOne(topic: string): Promise<Record<string, string>> {
    const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}`, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const found = Promise.withResolvers<Record<string, string>>();
    await consumer.run({
      eachMessage: async ({ message }) => {
        const texts = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
        found.resolve({ ...Object.fromEntries(texts), key: message.key?.toString() ?? '' });
      },
    });
    try {
      return await found.promise;
    } finally {
      await consumer.disconnect();
    }
  }
});
