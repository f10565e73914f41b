/**
 * What the replay tests stand on: a database of their own, topics, contracts, and real worker processes to be
 * killed. Everything is thrown away at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, type ITopicConfig, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import pg from 'pg';
import { compiledBeside } from '../../cli/start/worker-bundle.ts';
import { createMigratedDatabase } from '../../server/adapters/postgres/scratch-database.ts';
import { composeReplayCommands } from '../../server/composition/replay-commands.ts';
import { composeWorker } from '../../server/composition/worker.ts';
import { readSettings } from '../../server/env.ts';
import { workerArguments, workerEnvironment } from '../../server/workers/arguments.ts';
import { childEnv } from './child-env.ts';
import { testSigning } from './signing.ts';

const root = resolve(import.meta.dirname, '../..');

export type Tally = {
  readonly id: string;
  readonly key: string | null;
  readonly type?: string;
  readonly version?: number;
  /** The JSON value; text goes in as it is, so that poison can be written. */
  readonly value: unknown;
  readonly partition?: number;
};

export type ReplayRowView = {
  readonly status: string;
  readonly counters: Readonly<Record<string, number>> | null;
  readonly shadow_digest: string | null;
  readonly history_digest: string | null;
  readonly confidence: string | null;
  readonly confidence_reasons: readonly string[];
  readonly agreement: string | null;
  readonly failure_code: string | null;
  readonly failure: string | null;
  readonly problem: string | null;
  readonly evidence_id: string | null;
};

/** A file for each id: where a contract's file is written over with another one, its own is gone. */
async function writeContract(folder: string, source: string): Promise<void> {
  const id = /\bid: '([^']+)'/.exec(source)?.[1];
  if (id === undefined) throw new Error('the contract has no id');
  await writeFile(join(folder, `${id}.ts`), source);
}

export type ReplayWorld = Awaited<ReturnType<typeof openReplayWorld>>;

export async function openReplayWorld(options: {
  databaseUrl: string;
  kafkaBrokers: string;
  registryUrl?: string;
}) {
  const scratch = await createMigratedDatabase(options.databaseUrl);
  const pool = new pg.Pool({ connectionString: scratch.ownerUrl, max: 4 });
  const runner = new pg.Pool({ connectionString: scratch.url, max: 4 });
  for (const each of [pool, runner]) each.on('error', () => undefined);
  const reader = await makeRole(pool, scratch.ownerUrl, 'reader', 'SELECT');
  const promoter = await makeRole(pool, scratch.ownerUrl, 'promoter', 'SELECT, INSERT, UPDATE, DELETE');
  const contractsDir = join(root, '.reprise/test', `contracts-${randomUUID().slice(0, 8)}`);
  await mkdir(contractsDir, { recursive: true });
  const env = {
    DATABASE_URL: scratch.url,
    KAFKA_BROKERS: options.kafkaBrokers,
    REPRISE_CONNECTION_SHOP: reader.url,
    REPRISE_CONNECTION_BANK: reader.url,
    REPRISE_PROMOTER_SHOP: promoter.url,
    REPRISE_PROMOTER_BANK: promoter.url,
    // Said of no broker it is refused, and not everywhere there is one.
    KAFKA_PROMOTER: options.kafkaBrokers === '' ? '' : 'true',
    REPRISE_CONTRACTS_DIR: contractsDir,
    REPRISE_CHECKPOINT_DIR: `${contractsDir}-checkpoints`,
    ...(options.registryUrl === undefined ? {} : { SCHEMA_REGISTRY_URL: options.registryUrl }),
    ...testSigning,
    LOG_LEVEL: process.env.REPRISE_TEST_LOG ?? 'error',
  };
  const settings = readSettings(env, root);
  const composed = composeWorker(settings, { name: 'test' });
  const jobs = await composed.openJobs();
  const { commands, close } = composeReplayCommands(settings, jobs, { name: 'test' });
  const kafka = new Kafka({ brokers: options.kafkaBrokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  // A busy machine answers late, and producers try again: a test says itself what is delivered twice.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([admin.connect(), producer.connect()]);
  const workers = new Set<WorkerProcess>();

  return {
    /** As the owner of all tables, and a superuser: a test's own hand, which may do what Reprise may not. */
    pool,
    /** As the role that Reprise runs by: for its own code, and for what it must be refused. */
    runner,
    commands,
    kafka,
    admin,
    env,
    /** The role that derived states are read with. */
    reader: reader.name,
    /** The role that promotes. */
    promoter: promoter.name,
    /**
     * A topic of its own, with its name put in the place of TOPIC in a contract of contracts/. `edit` as of `contract`: a
     * file that is written twice may be registered by a worker that watches as it was first, after what it is now.
     */
    async topic(
      partitions: number,
      contract = 'tally',
      config: Readonly<Record<string, string>> = {},
      edit?: (source: string) => string,
    ) {
      const topic = `reprise-test-${randomUUID().slice(0, 8)}`;
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await createTopic(admin, { topic, numPartitions: partitions, replicationFactor: 1, configEntries });
      await createTopic(admin, { topic: `${topic}.dead`, numPartitions: 1 });
      await this.contract(contract, topic, edit);
      return topic;
    },
    /** Registers a contract of demo/testing/contracts over a topic; `edit` changes its source first. */
    async contract(name: string, topic: string, edit: (source: string) => string = (source) => source) {
      const source = await readFile(join(import.meta.dirname, 'contracts', `${name}.ts`), 'utf8');
      await writeContract(contractsDir, edit(source.replaceAll('TOPIC', topic)));
      await composed.prepare();
    },
    /** Registers a contract as it stands in a file of the repository; `edit` changes its source first. */
    async contractFile(file: string, edit: (source: string) => string = (source) => source) {
      const source = await readFile(join(root, file), 'utf8');
      await writeContract(contractsDir, edit(source).replaceAll("'../server/", "'../../../server/"));
      await composed.prepare();
    },
    toMessage,
    produce: (topic: string, events: readonly Tally[]) => produce(producer, topic, events),
    /** Waits until the producer sees this many partitions. */
    producerFor: async (topic: string, partitions: number) => {
      await eventually(`${topic} to have ${partitions} partitions`, 20_000, async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        const seen = topics[0]?.partitions.length ?? 0;
        return { done: seen === partitions, value: seen, seen };
      });
      await producer.disconnect();
      await producer.connect();
    },
    /** As retention would: what stands before the offset is gone. */
    async truncate(topic: string, partition: number, offset: string) {
      // kafkajs deletes only where it knows the leader already.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
    },
    /** Deletes a topic and makes another under its name. */
    async recreate(topic: string, partitions: number) {
      await admin.deleteTopics({ topics: [topic] });
      await eventually(`${topic} to be gone`, 20_000, async () => {
        const gone = !(await admin.listTopics()).includes(topic);
        return { done: gone, value: gone, seen: gone };
      });
      await createTopic(admin, { topic, numPartitions: partitions });
    },
    async launch(contractId: string, request: Partial<Parameters<typeof commands.launch>[0]> = {}) {
      return commands.launch({
        contractId,
        scope: { kind: 'all' },
        reason: 'a test',
        actor: 'operator',
        ...request,
      });
    },
    /** The worker that `npm start` runs, or one from its source, as a hand might start it. */
    startWorker(threads = 1, own: Readonly<Record<string, string>> = {}, file = bundledWorker()) {
      const worker = new WorkerProcess(file, { ...env, ...own, REPRISE_WORKER_THREADS: String(threads) });
      workers.add(worker);
      return worker;
    },
    replay: (id: string) => replayRow(pool, id),
    /** Waits until the replay is in one of these states; fails loudly with what it is stuck at. */
    async until(id: string, statuses: readonly string[], boundMs = 100_000) {
      return eventually(`replay ${id} to be ${statuses.join(' or ')}`, boundMs, async () => {
        const row = await replayRow(pool, id);
        return { done: statuses.includes(row.status), value: row, seen: row };
      });
    },
    ended(id: string, boundMs = 100_000) {
      return this.until(id, ['finished', 'failed', 'refused', 'cancelled'], boundMs);
    },
    async close() {
      await Promise.all([...workers].map((worker) => worker.kill()));
      await Promise.all([
        admin.disconnect(),
        producer.disconnect(),
        jobs.stop(1000),
        close(),
        composed.close(),
      ]);
      await reader.drop();
      await promoter.drop();
      await Promise.all([pool.end(), runner.end()]);
      for (const folder of [contractsDir, `${contractsDir}-checkpoints`])
        await rm(folder, { recursive: true, force: true });
      await scratch.drop();
    },
  };
}

/** As the run has set it up (bundled-worker.ts). */
function bundledWorker(): string {
  const file = process.env.REPRISE_TEST_WORKER;
  if (file === undefined) throw new Error('REPRISE_TEST_WORKER is not set: run this as an integration test');
  return file;
}

/** A real worker process, to be stopped or killed. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  output = '';

  constructor(file: string, env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, workerArguments(file), {
      cwd: root,
      env: childEnv({ ...workerEnvironment, ...compiledBeside(root, file), ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString();
      if (process.env.REPRISE_TEST_LOG !== undefined) process.stderr.write(chunk);
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.exited = new Promise((done) => this.child.once('exit', () => done()));
  }

  /** As it stands in the names of its threads, and so in the leases that they hold. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** As `kill -9`: no chance to say goodbye. */
  async kill(): Promise<void> {
    if (this.running) this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Its exit code, or the signal that ended it. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    if (this.running) this.child.kill('SIGTERM');
    await this.exited;
    return this.child.exitCode ?? this.child.signalCode;
  }
}

/**
 * Makes a topic and waits until it can be written to. kafkajs' own waiting fails at once where a broker that has
 * just started does not know of the topic yet.
 */
export async function createTopic(admin: Admin, topic: ITopicConfig): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics: [topic] });
  await eventually(`${topic.topic} to have leaders`, 20_000, async () => {
    const found = await admin.fetchTopicMetadata({ topics: [topic.topic] }).catch(() => null);
    const partitions = found?.topics[0]?.partitions ?? [];
    const done = partitions.length === topic.numPartitions && partitions.every(({ leader }) => leader >= 0);
    return { done, value: done, seen: partitions };
  });
}

async function produce(producer: Producer, topic: string, events: readonly Tally[]): Promise<void> {
  const messages = events.map(toMessage);
  for (let at = 0; at < messages.length; at += 500) {
    await producer.send({ topic, messages: messages.slice(at, at + 500) });
  }
}

export function toMessage({ id, key, type = 'ItemsAdded', version = 2, value, partition }: Tally): Message {
  return {
    key,
    value: typeof value === 'string' ? value : value === null ? null : JSON.stringify(value),
    headers: { id, type, version: String(version) },
    ...(partition === undefined ? {} : { partition }),
  };
}

/** A role that has these rights on the tables that tests make from now on, and nothing else. */
async function makeRole(pool: pg.Pool, databaseUrl: string, what: string, rights: string) {
  const name = `reprise_${what}_${randomUUID().slice(0, 8)}`;
  const password = randomUUID();
  await pool.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
  await pool.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ${rights} ON TABLES TO ${name}`);
  const url = new URL(databaseUrl);
  url.username = name;
  url.password = password;
  return {
    name,
    url: url.href,
    drop: async () => void (await pool.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`)),
  };
}

async function replayRow(pool: pg.Pool, id: string): Promise<ReplayRowView> {
  const { rows } = await pool.query<ReplayRowView>(
    `SELECT status, counters, shadow_digest, history_digest, confidence, confidence_reasons, agreement,
       failure_code, failure, problem, evidence_id FROM replay WHERE id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no replay ${id}`);
  return row;
}

/** Looks until something is so. At the bound it fails with what was seen last. */
export async function eventually<T>(
  what: string,
  boundMs: number,
  look: () => Promise<{ readonly done: boolean; readonly value: T; readonly seen: unknown }>,
): Promise<T> {
  const end = performance.now() + boundMs;
  for (;;) {
    const { done, value, seen } = await look();
    if (done) return value;
    if (performance.now() > end)
      throw new Error(`waited ${boundMs} ms for ${what}; saw ${JSON.stringify(seen)}`);
    await sleep(50);
  }
}
