/**
 * The one place that picks adapters. Each process composes what it needs and closes it at its end; nothing is
 * connected before it is asked for.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { createArchives } from './adapters/archive/index.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import type { Connections } from './adapters/connections.ts';
import { createContractLoader } from './adapters/contracts/contract-loader.ts';
import { openDerivedStates } from './adapters/derived-state/postgres-state-reader.ts';
import { sha256, startSha256 } from './adapters/digests.ts';
import { openEventTable } from './adapters/event-table/event-table-history.ts';
import { rowDecoder } from './adapters/event-table/row-decoder.ts';
import { openJobs } from './adapters/jobs/pg-boss-jobs.ts';
import { createKafka, type Kafka } from './adapters/kafka/index.ts';
import { createLog, type ProcessLog } from './adapters/log/pino-log.ts';
import { postgresAudit } from './adapters/postgres/audit.ts';
import { createContractStore } from './adapters/postgres/contract-store.ts';
import { createLiveFeed, postgresNotifier } from './adapters/postgres/live-feed.ts';
import { createPageQueries } from './adapters/postgres/page-queries.ts';
import { createPool } from './adapters/postgres/pool.ts';
import { createUnitOfWork } from './adapters/postgres/unit-of-work.ts';
import { foldStore, replayStore, resultStore, workerStore } from './adapters/replay-store/index.ts';
import { openSqlInvariants } from './adapters/sql-invariant/index.ts';
import { openSubjectKeys } from './adapters/subject-keys/index.ts';
import { registerContracts } from './application/contracts/register-contracts.ts';
import type { DashboardCommands } from './application/ports/dashboard.ts';
import type { DeadLetterReader, HistoryOpener } from './application/ports/history.ts';
import type { JobQueue, JobSender } from './application/ports/jobs.ts';
import type { WorkerRow } from './application/ports/worker-store.ts';
import { createReadinessCheck } from './application/readiness/check-readiness.ts';
import { createReplayCommands } from './application/replay/commands.ts';
import type { ReplayDeps, RunnerDeps } from './application/replay/deps.ts';
import { reap } from './application/replay/reap.ts';
import { createReplayRunner } from './application/replay/runner.ts';
import { RepriseError } from './domain/shared/errors.ts';
import { connectionSetting, type Settings } from './env.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Name and version of this software, as evidence names it. */
export const software: Readonly<Record<string, string>> = {
  reprise: versionOf(`${root}package.json`),
  node: process.versions.node,
};

function versionOf(file: string): string {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null;
  return typeof version === 'string' ? version : 'unknown';
}

type Closing = { readonly closers: (() => Promise<unknown>)[] };

/** Closes in the reverse order of opening; one that fails to close doesn't keep the others open. */
async function closeAll({ closers }: Closing): Promise<void> {
  for (const close of closers.toReversed()) await close().catch(() => undefined);
}

type Base = Closing & {
  readonly settings: Settings;
  readonly log: ProcessLog;
  readonly pool: pg.Pool;
  readonly connect: Connections;
  readonly kafka: () => Kafka;
  readonly deps: ReplayDeps;
  readonly readers: Pick<RunnerDeps, 'derivedStates' | 'sqlInvariants' | 'subjectKeys' | 'deadLetters'>;
};

function composeBase(settings: Settings, name: string): Base {
  const log = createLog({ level: settings.logLevel, process: name });
  const closers: (() => Promise<unknown>)[] = [];
  const report = (error: unknown) => log.warn({ error }, 'a database connection broke');
  const pool = createPool(settings.databaseUrl, { name: `reprise ${name}`, report });
  closers.push(() => pool.end());
  const connect = connections(settings, name, report, closers);
  const kafka = openOnce(() => openKafka(settings, log, closers));
  return {
    settings,
    log,
    closers,
    pool,
    connect,
    kafka,
    deps: replayDeps(settings, pool, connect, kafka),
    readers: {
      derivedStates: openDerivedStates(connect),
      sqlInvariants: openSqlInvariants(connect),
      subjectKeys: openSubjectKeys(connect),
      deadLetters: { list: (...args) => kafka().deadLetters.list(...args) } satisfies DeadLetterReader,
    },
  };
}

function replayDeps(settings: Settings, pool: pg.Pool, connect: Connections, kafka: () => Kafka): ReplayDeps {
  return {
    unitOfWork: createUnitOfWork(pool),
    replays: replayStore,
    folds: foldStore,
    results: resultStore,
    live: postgresNotifier,
    audit: postgresAudit,
    contracts: createContractStore(pool),
    loader: createContractLoader({ contractsDir: settings.contractsDir, root }),
    histories: openHistories(settings, connect, kafka),
    clock: systemClock,
    newId: randomUUID,
    sha256,
    startSha256,
    software,
  };
}

/** One pool a named connection, opened when it is first asked for. */
function connections(
  settings: Settings,
  name: string,
  report: (error: unknown) => void,
  closers: (() => Promise<unknown>)[],
): Connections {
  const pools = new Map<string, pg.Pool>();
  return (connection) => {
    const known = pools.get(connection);
    if (known) return known;
    const address = settings.connections.get(connection);
    if (address === undefined) {
      const setting = connectionSetting(connection);
      throw new RepriseError(
        'setting-invalid',
        `The connection ${connection} has no address: set ${setting} to one whose role can only read.`,
        { where: setting },
      );
    }
    const pool = createPool(address, { name: `reprise ${name} reader`, max: 6, report });
    pools.set(connection, pool);
    closers.push(() => pool.end());
    return pool;
  };
}

function openKafka(settings: Settings, log: ProcessLog, closers: (() => Promise<unknown>)[]): Kafka {
  if (settings.kafka === null) {
    throw new RepriseError(
      'history-unavailable',
      'No broker is configured: set KAFKA_BROKERS to replay contracts over Kafka.',
      { where: 'KAFKA_BROKERS' },
    );
  }
  const { brokers, tls, sasl } = settings.kafka;
  const kafka = createKafka(
    {
      brokers: [...brokers],
      tls: tls === null ? false : { ...withoutNulls(tls), rejectUnauthorized: true },
      sasl,
      registryUrl: settings.schemaRegistryUrl,
      clientId: 'reprise',
    },
    (level, fields, sentence) => log[level](fields, sentence),
  );
  closers.push(() => kafka.close());
  return kafka;
}

function withoutNulls(tls: { ca: string | null; cert: string | null; key: string | null }): {
  ca?: string;
  cert?: string;
  key?: string;
} {
  return {
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
  };
}

function openOnce<T>(open: () => T): () => T {
  let opened: { readonly value: T } | null = null;
  return () => {
    opened ??= { value: open() };
    return opened.value;
  };
}

/** The three histories: a topic, an event table, and an archive that continues a topic backwards. */
function openHistories(settings: Settings, connect: Connections, kafka: () => Kafka): HistoryOpener {
  const archives = createArchives(settings.archiveDir);
  return {
    open: async (contract) => {
      const { history } = contract;
      if (history.kind === 'postgres')
        return { reader: openEventTable(contract, connect), decoder: rowDecoder };
      const opened = await kafka().openHistory(contract);
      if (history.archive === null) return opened;
      return { ...opened, reader: await archives.continueBackwards(opened.reader, history.archive) };
    },
  };
}

/** A worker's thread: runs jobs. */
export function composeRunner(settings: Settings, options: { readonly name: string }) {
  const base = composeBase(settings, options.name);
  const runner = createReplayRunner({ ...base.deps, ...base.readers, log: base.log });
  return { runner, log: base.log, close: () => closeAll(base) };
}

/** A worker's main thread: registers contracts, hands out jobs, keeps its place in the fleet. */
export function composeWorker(settings: Settings, options: { readonly name: string }) {
  const base = composeBase(settings, options.name);
  const { unitOfWork } = base.deps;
  return {
    log: base.log,
    /** Whatever has to be there before the first job: the contracts as they stand in the files. */
    prepare: async () => {
      const { registered, problems } = await registerContracts(base.deps);
      for (const problem of problems) base.log.error({ ...problem }, 'a contract was not registered');
      base.log.info(
        { contracts: registered.map((each) => `${each.contractId} v${each.version}`) },
        'contracts are registered',
      );
    },
    openJobs: () => openQueue(settings, 'worker', base.log),
    heartbeat: (worker: Omit<WorkerRow, 'version'>) =>
      unitOfWork.run((tx) =>
        workerStore.heartbeat(tx, { ...worker, version: software.reprise ?? 'unknown' }),
      ),
    leave: (workerId: string) => unitOfWork.run((tx) => workerStore.leave(tx, workerId)),
    reap: (jobs: JobSender) => reap({ ...base.deps, jobs, workers: workerStore }),
    close: () => closeAll(base),
  };
}

function openQueue(settings: Settings, role: 'worker' | 'sender', log: ProcessLog): Promise<JobQueue> {
  return openJobs({
    databaseUrl: settings.databaseUrl,
    role,
    report: (error) => log.warn({ error }, 'the job queue reports an error'),
  });
}

/** Launching and steering alone, over a queue that is open already. */
export function composeReplayCommands(
  settings: Settings,
  jobs: JobSender,
  options: { readonly name: string },
) {
  const base = composeBase(settings, options.name);
  return { commands: createReplayCommands({ ...base.deps, jobs }), close: () => closeAll(base) };
}

/** Pages and the command line: what they ask and what they may do. The job queue is opened at the first launch. */
export function composeDashboard(settings: Settings, name: 'web' | 'cli') {
  const base = composeBase(settings, name);
  const jobs = openOnce(async (): Promise<JobQueue> => {
    const queue = await openQueue(settings, 'sender', base.log);
    base.closers.push(() => queue.stop(1_000));
    return queue;
  });
  const checkReadiness = createReadinessCheck({ ...base.deps, ...base.readers });
  const commands: DashboardCommands = {
    ...createReplayCommands({
      ...base.deps,
      jobs: { send: async (tx, list) => (await jobs()).send(tx, list) },
    }),
    checkReadiness,
  };
  const live = createLiveFeed({
    databaseUrl: settings.databaseUrl,
    now: () => base.deps.clock.now(),
    report: (error) => base.log.warn({ error }, 'the live feed lost its connection'),
  });
  base.closers.push(() => live.close());
  return {
    log: base.log,
    queries: createPageQueries({
      ...base.deps,
      ...base.readers,
      pool: base.pool,
      settings,
      kafkaHealth: () => base.kafka().health(),
    }),
    commands,
    live,
    loader: base.deps.loader,
    histories: base.deps.histories,
    contracts: base.deps.contracts,
    unitOfWork: base.deps.unitOfWork,
    archives: createArchives(settings.archiveDir),
    clock: base.deps.clock,
    close: () => closeAll(base),
  };
}
