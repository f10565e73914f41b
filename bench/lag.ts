/**
 * `npm run bench:lag`: what it costs to sample 50 groups on 12 partitions, how large a year of that is, and how long a
 * chart of it takes. Against the servers that REPRISE_TEST_DATABASE_URL and REPRISE_TEST_KAFKA_BROKERS name, else
 * against its own. What came out is written in docs/lag.md.
 */
import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { Admin } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { systemClock } from '../server/adapters/clock/system-clock.ts';
import { openLagProbe } from '../server/adapters/kafka/index.ts';
import { lagReads } from '../server/adapters/lag/lag-reads.ts';
import { lagStore } from '../server/adapters/lag/lag-store.ts';
import { leases } from '../server/adapters/postgres/leases.ts';
import { migrate } from '../server/adapters/postgres/migrate.ts';
import { createScratchDatabase } from '../server/adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../server/adapters/postgres/unit-of-work.ts';
import { createLagSampler } from '../server/application/lag/lag-sampler.ts';
import { createLagQueries } from '../server/application/lag/read-lag.ts';
import type { EngineContract } from '../server/domain/contract/index.ts';
import { openServers } from './servers.ts';
import { markdown, thousands } from './table.ts';

const GROUPS = 50;
const PARTITIONS = 12;
const ROUNDS = 20;
const CHARTS = 100;
const kept = { sampleHours: 6, minuteDays: 8, hourDays: 400 };

const say = (line: string) => process.stdout.write(`${line}\n`);
const servers = await openServers(() => undefined);
const database = await createScratchDatabase(servers.databaseUrl);
await migrate(database);
const pool = new pg.Pool({ connectionString: database.ownerUrl, max: 4 });
const topic = `reprise-bench-lag-${randomUUID().slice(0, 8)}`;
const groups = Array.from({ length: GROUPS }, (_, at) => `${topic}-${at}`);
const admin = new Admin({ clientId: 'bench', bootstrapBrokers: servers.brokers.split(',') });
const kafka = new Kafka({
  clientId: 'bench',
  brokers: servers.brokers.split(','),
  logLevel: logLevel.NOTHING,
});

let statements = 0;
const query = pg.Client.prototype.query;
pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
  statements += 1;
  return Reflect.apply(query, this, args);
};
let requests = 0;
subscribe('tracing:plt:kafka:connections:api:start', () => {
  requests += 1;
});

/** Every group a record further, each at an offset of its own: the dearest case there is. */
async function commit(round: number): Promise<void> {
  for (const [at, groupId] of groups.entries())
    await admin.alterConsumerGroupOffsets({
      groupId,
      topics: [
        {
          name: topic,
          partitionOffsets: Array.from({ length: PARTITIONS }, (_, partition) => ({
            partition,
            offset: BigInt(at * ROUNDS + round),
          })),
        },
      ],
    });
}

const contract = {
  id: 'bench',
  history: { kind: 'kafka', topic },
  derivedStates: Object.fromEntries(
    groups.map((consumerGroup, at) => [`state-${at}`, { kind: 'kafka', consumerGroup }]),
  ),
  budgets: { lag: { overMs: 60_000 } },
} as unknown as EngineContract;

async function timeSampler(): Promise<void> {
  const producer = kafka.producer();
  const made = kafka.admin();
  await Promise.all([producer.connect(), made.connect()]);
  await made.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
  // Batches of a hundred records, some 4 kB.
  for (let from = 0; from < GROUPS * ROUNDS; from += 100) {
    const messages = Array.from({ length: PARTITIONS * 100 }, (_, place) => ({
      partition: place % PARTITIONS,
      value: `{"event_id":"${from + Math.floor(place / PARTITIONS)}","amount":1}`,
    }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
  await made.disconnect();
  await commit(0);
  const probe = openLagProbe({
    brokers: servers.brokers.split(','),
    tls: false,
    sasl: null,
    registryUrl: null,
    clientId: 'bench-lag',
  });
  const nothing = {
    info: () => undefined,
    warn: (...told: unknown[]) => say(JSON.stringify(told)),
    error: () => undefined,
  };
  const sampler = createLagSampler({
    clock: systemClock,
    probe,
    derivedStates: { positionOf: () => Promise.reject(new Error('no state is asked')) },
    eventTable: () => ({ unapplied: () => Promise.reject(new Error('no table is asked')) }),
    unitOfWork: createUnitOfWork(pool),
    contracts: {
      latestOfPresent: async () => [
        { contractId: 'bench', version: 1, digest: 'bench', bundle: new Uint8Array(), authors: [] },
      ],
    },
    loader: {
      load: async () => contract,
      bundleAll: async () => ({ bundles: [], problems: [] }),
      isCurrent: async () => true,
    },
    store: lagStore,
    leases,
    meter: { count: async () => undefined, takeBack: async () => undefined },
    signals: { raise: async () => ({ incidentId: '', isNew: true }), clear: async () => undefined },
    log: nothing,
    holder: 'bench',
    everyMs: 5_000,
    stuckAfterMs: 300_000,
  });
  const rows: string[][] = [];
  for (const moving of [false, true]) {
    await sampler.sample();
    const figures = {
      ms: [] as number[],
      cpu: [] as number[],
      requests: [] as number[],
      statements: [] as number[],
    };
    for (let round = 1; round < ROUNDS; round++) {
      if (moving) await commit(round);
      const before = { cpu: process.cpuUsage(), at: performance.now(), requests, statements };
      await sampler.sample();
      const { user, system } = process.cpuUsage(before.cpu);
      figures.ms.push(performance.now() - before.at);
      figures.cpu.push((user + system) / 1_000);
      figures.requests.push(requests - before.requests);
      figures.statements.push(statements - before.statements);
    }
    const shown = (of: readonly number[], share: number) => at(of, share).toFixed(0);
    rows.push([
      moving ? 'every group moved, each at an offset of its own' : 'no group moved',
      ...[figures.cpu, figures.ms].flatMap((of) => [shown(of, 0.5), shown(of, 0.95)]),
      shown(figures.requests, 0.5),
      shown(figures.statements, 0.5),
    ]);
  }
  say(
    markdown(
      [
        'a sample of 50 groups × 12 partitions',
        'CPU ms p50',
        'p95',
        'ms p50',
        'p95',
        'broker requests',
        'SQL statements',
      ],
      rows,
    ),
  );
  await probe.close();
}

const at = (figures: readonly number[], share: number) => {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

/** As many rows as a year leaves: samples of hours, minutes of days, and hours of all of it. */
async function fillYear(): Promise<void> {
  await pool.query('TRUNCATE lag_sample, lag_rollup; DELETE FROM lag_subject');
  await pool.query(
    `INSERT INTO lag_subject (contract_id, kind, name, topic, step_ms, sampled_at)
     SELECT 'bench', 'group', 'group-' || g, 'orders', 5000, now() FROM generate_series(1, $1) g`,
    [GROUPS],
  );
  const array = (each: string) =>
    `(SELECT array_agg((${each})::bigint) FROM generate_series(1, ${PARTITIONS}) p)`;
  const lag = `(1000000 * random())::bigint + 0 * p`;
  const age = `(600000 * random())::bigint + 0 * p`;
  await pool.query(
    `INSERT INTO lag_sample SELECT s.id, t, ${array('1000000000 + p + extract(epoch FROM t)')}, ${array(lag)}, ${array(age)},
       (12000000 * random())::bigint, (600000 * random())::bigint
     FROM lag_subject s, generate_series(now() - $1::int * interval '1 hour', now(), interval '5 s') t`,
    [kept.sampleHours],
  );
  for (const [seconds, span] of [
    [60, `${kept.minuteDays} days`],
    [3600, '365 days'],
  ])
    await pool.query(
      `INSERT INTO lag_rollup SELECT s.id, $1::smallint, t, 12, 0, (12000000 * random())::bigint, 0,
         (600000 * random())::bigint, ${array(lag)}, ${array(age)}
       FROM lag_subject s, generate_series(date_trunc('hour', now()) - $2::interval, now(), make_interval(secs => $1)) t`,
      [seconds, span],
    );
  await pool.query('VACUUM ANALYZE');
}

async function measureSize(): Promise<void> {
  const { rows } = await pool.query<{ name: string; rows: string; bytes: string }>(
    `SELECT t.name, t.rows::text, pg_total_relation_size(t.name::regclass)::text AS bytes FROM (
       SELECT 'lag_sample' AS name, count(*) AS rows FROM lag_sample
       UNION ALL SELECT 'lag_rollup', count(*) FROM lag_rollup) t`,
  );
  const sizes = rows.map(({ name, rows: count, bytes }) => [
    name,
    thousands(Number(count)),
    (Number(bytes) / Number(count)).toFixed(0),
    (Number(bytes) / 1e6).toFixed(0),
  ]);
  say(
    `\n${markdown(['a year of 50 groups × 12 partitions', 'rows', 'bytes a row, with its index', 'MB'], sizes)}`,
  );
}

async function timeCharts(): Promise<void> {
  const queries = createLagQueries({ reads: lagReads(pool), clock: systemClock, kept });
  const rows: string[][] = [];
  const time = async (what: string, ask: (call: number) => Promise<number>) => {
    const times: number[] = [];
    let points = 0;
    for (let call = -5; call < CHARTS; call++) {
      const before = performance.now();
      points = await ask(Math.abs(call));
      if (call >= 0) times.push(performance.now() - before);
    }
    rows.push([what, String(points), ...[0.5, 0.95, 1].map((share) => at(times, share).toFixed(1))]);
  };
  for (const last of ['15m', '1h', '6h', '24h', '7d', '30d'] as const)
    await time(`chart of ${last}`, async (call) => {
      const subject = { contractId: 'bench', kind: 'group', name: `group-${1 + (call % GROUPS)}` } as const;
      return (await queries.series(subject, { last }))?.points.length ?? 0;
    });
  await time('chart of a year', async (call) => {
    const subject = { contractId: 'bench', kind: 'group', name: `group-${1 + (call % GROUPS)}` } as const;
    const to = new Date();
    return (
      (await queries.series(subject, { from: new Date(to.getTime() - 365 * 86_400_000), to }))?.points
        .length ?? 0
    );
  });
  await time('list of all groups', async () => (await queries.list()).subjects.length);
  say(`\n${markdown(['asked', 'points', 'p50 ms', 'p95 ms', 'longest ms'], rows)}`);
}

try {
  say(
    `Node ${process.versions.node}, ${cpus()[0]?.model.trim()} with ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)} at the start, ${new Date().toISOString().slice(0, 16)}Z\n`,
  );
  await timeSampler();
  await fillYear();
  await measureSize();
  await timeCharts();
  say(`\nload ${loadavg()[0]?.toFixed(1)} at the end`);
} finally {
  await admin.deleteGroups({ groups }).catch(() => undefined);
  await admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
  await admin.close();
  await pool.end();
  await database.drop();
  await servers.stop();
}
process.exit(0);
