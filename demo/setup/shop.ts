/** The shop: outbox, connector, topic and three projectors, brought to where the story ends. */
import { outboxConnector } from '../connector.ts';
import { waitUntil } from '../infra/processes.ts';
import { type Layout, type ProjectorName, projectorNames, publication, topicEnding } from '../layout.ts';
import type { BankOptions } from './bank.ts';
import { createDatabase, createTables, dropDatabase, ensurePromotable, withClient } from './roles.ts';
import { runToEnd } from './run-service.ts';
import { type Built, finishAll, finishStage, openStages, readBuilt } from './stages.ts';
import { countRecords, recreateTopics } from './topics.ts';

export type StartConnect = (connectors: Record<string, Record<string, string>>) => Promise<unknown>;

export type ShopOptions = BankOptions & { kafkaBrokers: string; startConnect: StartConnect };

const carriedWithinMs = 120_000;

/** The shop can't be built, since nothing carries its outbox to the topic. Its message says why. */
export class NotCarried extends Error {}

/**
 * Builds the shop where it is missing or unfinished. One that is finished needs nothing of Connect until there is
 * traffic, so then it is started and not waited for.
 * @returns what tells that Connect runs
 * @throws NotCarried where Connect is needed and does not run, or does not carry the history
 */
export async function prepareShop(options: ShopOptions): Promise<{ connected: Promise<unknown> }> {
  const prepared = await buildShop(options);
  await ensurePromotable(options.serviceUrl, options.layout, {
    states: [...projectorNames.map((name) => `${name}_state`), 'order_state'],
    positions: 'applied_positions',
  });
  await ensureColumns(options.serviceUrl);
  return prepared;
}

/** A demo from before losses were looked for has an outbox that doesn't say when a row was written. */
async function ensureColumns(serviceUrl: string): Promise<void> {
  await withClient(serviceUrl, async (client) => {
    await client.query(
      'alter table outbox add column if not exists written_at timestamptz not null default clock_timestamp()',
    );
    await client.query(
      `alter table projector_control add column if not exists halts boolean not null default false,
         add column if not exists delay_ms integer not null default 0,
         add column if not exists crashes boolean not null default false`,
    );
  });
}

async function buildShop(options: ShopOptions): Promise<{ connected: Promise<unknown> }> {
  const { kafkaBrokers, layout, log } = options;
  const built = await readFinished(options);
  if (built !== null) return { connected: options.startConnect(connectorsOf(options, built)) };
  log('inventory: building the database and the topic');
  const anew: Built = { seed: options.seed, generation: String(Date.now()) };
  await Promise.all([buildDatabase(options, anew), recreateTopics(kafkaBrokers, layout)]);

  // The slot is there, so the first part of the history can be written while Connect is still starting.
  log('inventory: feeding the history through Debezium');
  const connected = options.startConnect(connectorsOf(options, anew));
  // Fed to its end, whatever becomes of Connect: a next start would find the process still at it.
  const [running, fed] = await Promise.allSettled([connected, feedPart(options, 'before')]);
  if (running.status === 'rejected') throw notCarried(running.reason);
  if (fed.status === 'rejected') throw fed.reason;
  await untilCarried(options);
  await finishStage(options.serviceUrl, 'history before the release');
  log('inventory: warehouse runs its earlier release, without an idempotency check');
  await drain(options, 'warehouse', ['--idempotency', 'none']);
  await finishStage(options.serviceUrl, 'earlier release');

  await feedPart(options, 'after');
  const written = await readLogPosition(options.serviceUrl);
  await untilCarried(options);
  await finishStage(options.serviceUrl, 'history');
  log('inventory: three projectors apply the rest');
  await Promise.all(projectorNames.map((name) => drain(options, name, [])));
  await untilAcknowledged(options, written);
  await finishAll(options.serviceUrl, await countPublications(options.serviceUrl));
  return { connected };
}

function notCarried(cause: unknown): NotCarried {
  return new NotCarried(cause instanceof Error ? cause.message : String(cause), { cause });
}

/** What the shop was built with, where it is finished, of this seed, and its topic is still the one it filled. */
async function readFinished({
  adminUrlFor,
  layout,
  serviceUrl,
  seed,
  kafkaBrokers,
  log,
}: ShopOptions): Promise<Built | null> {
  const built = await readBuilt(adminUrlFor('postgres'), layout.shopDatabase, serviceUrl);
  if (built === null) return null;
  if (built.seed !== seed) {
    log(`inventory: built with seed ${built.seed}, wanted ${seed}`);
    return null;
  }
  const [records, orders, slots] = await Promise.all([
    countRecords(kafkaBrokers, layout.topic),
    countRecords(kafkaBrokers, layout.ordersTopic),
    withClient(serviceUrl, (client) =>
      client.query(`select from pg_replication_slots where slot_name = $1 and wal_status <> 'lost'`, [
        layout.slot,
      ]),
    ),
  ]);
  const isWhole = records !== null && records >= (built.records ?? 0) && orders !== null;
  if (slots.rowCount === 1 && isWhole) return built;
  log('inventory: one of its topics or its replication slot is not there');
  return null;
}

async function buildDatabase(options: ShopOptions, built: Built): Promise<void> {
  const { adminUrlFor, serviceUrl, layout } = options;
  const admin = adminUrlFor('postgres');
  await dropDatabase(admin, layout.shopDatabase);
  await createDatabase(admin, layout.shopDatabase, layout);
  await openStages(serviceUrl, built);
  await createTables(serviceUrl, new URL('../schema/shop.sql', import.meta.url), layout);
  await withClient(serviceUrl, async (client) => {
    await client.query(
      `create publication ${publication} for table outbox, order_outbox with (publish = 'insert')`,
    );
    await client.query(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [layout.slot]);
  });
  await finishStage(serviceUrl, 'tables');
}

function connectorsOf(
  { serviceUrl, layout }: { serviceUrl: string; layout: Layout },
  { generation }: Built,
): Record<string, Record<string, string>> {
  const settings = outboxConnector({
    databaseUrl: serviceUrl,
    slot: layout.slot,
    topicEnding: topicEnding(layout.groupSuffix),
    generation,
  });
  return { 'stock-outbox': settings };
}

async function feedPart(
  { stateDir, seed, dates, serviceUrl }: ShopOptions,
  part: 'before' | 'after',
): Promise<void> {
  const period = ['--from', dates.startsAt.toISOString(), '--to', dates.endsAt.toISOString()];
  await runToEnd({
    stateDir,
    file: 'demo/services/stock-service.ts',
    args: ['story', '--part', part, '--seed', seed, ...period],
    env: { DEMO_DATABASE_URL: serviceUrl },
    withinMs: 120_000,
  });
}

async function drain(options: ShopOptions, name: ProjectorName, more: readonly string[]): Promise<void> {
  await runToEnd({
    stateDir: options.stateDir,
    file: 'demo/services/projector.ts',
    args: [...projectorArgs(name, options.layout), ...more, '--drain'],
    env: { DEMO_DATABASE_URL: options.serviceUrl, DEMO_KAFKA_BROKERS: options.kafkaBrokers },
    withinMs: 150_000,
  });
}

export function projectorArgs(name: ProjectorName, layout: Layout): string[] {
  return ['--profile', name, '--topic', layout.topic, `--group-suffix=${layout.groupSuffix}`];
}

/** Waits until the topic holds every row of the outbox, and not one more. */
async function untilCarried({ serviceUrl, kafkaBrokers, layout }: ShopOptions): Promise<void> {
  const published = await countPublications(serviceUrl);
  let records = 0;
  const carried = await waitUntil(
    async () => {
      records = (await countRecords(kafkaBrokers, layout.topic)) ?? 0;
      return records >= published;
    },
    carriedWithinMs,
    100,
  );
  if (!carried) {
    throw new NotCarried(
      `Debezium carried ${records} of ${published} outbox rows to ${layout.topic} in ${carriedWithinMs / 1_000} s`,
    );
  }
  if (records > published) {
    throw new Error(
      `${layout.topic} holds ${records} records for ${published} outbox rows; start again to rebuild it`,
    );
  }
}

async function countPublications(serviceUrl: string): Promise<number> {
  return withClient(serviceUrl, async (client) => {
    const { rows } = await client.query<{ rows: number }>('select count(*)::integer as rows from outbox');
    return rows[0]?.rows ?? 0;
  });
}

async function readLogPosition(serviceUrl: string): Promise<string> {
  return withClient(serviceUrl, async (client) => {
    const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    return rows[0]?.lsn ?? '0/0';
  });
}

/**
 * Waits until Debezium has told PostgreSQL that all of the outbox is carried. Killed before that, it would send
 * the last rows again on its next start, which is right for it and wrong for the story's count.
 */
async function untilAcknowledged({ serviceUrl, layout }: ShopOptions, written: string): Promise<void> {
  const isAcknowledged = () =>
    withClient(serviceUrl, async (client) => {
      const { rowCount } = await client.query(
        'select from pg_replication_slots where slot_name = $1 and confirmed_flush_lsn >= $2::pg_lsn',
        [layout.slot, written],
      );
      return rowCount === 1;
    });
  if (await waitUntil(isAcknowledged, 30_000, 200)) return;
  throw new NotCarried('Debezium did not acknowledge the outbox to PostgreSQL within 30 s');
}
