import { PgBoss } from 'pg-boss';
import type { Job, JobHandlers, JobQueue } from '../../application/ports/jobs.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

const queueOf = {
  fold: 'replay-fold',
  phase: 'replay-phase',
  trace: 'trace',
  promote: 'promotion',
  notice: 'notice',
  action: 'runbook-action',
  waiting: 'runbook-waiting',
} as const;
type Queue = (typeof queueOf)[keyof typeof queueOf];

/** What waits for others for hours takes no place of what is done at once. */
const queueFor = (job: Job): Queue =>
  job.kind === 'action' && job.waits === true ? queueOf.waiting : queueOf[job.kind];

/**
 * How long pg-boss waits before it hands a silent worker's job to another. The reaper is quicker (it goes by
 * leases), so these only clear away what a killed worker left in the queue's books.
 */
const heartbeatSeconds = 10;
const expireInSeconds = 24 * 3600;
const NOTICES_AT_ONCE = 4;
const ACTIONS_AT_ONCE = 8;
/** They look once a second at what they wait for, and do nothing else. */
const WAITING_AT_ONCE = 24;

export type JobsOptions = {
  readonly databaseUrl: string;
  /** Installs and supervises the queue's tables: workers do, pages only send. */
  readonly role: 'worker' | 'sender';
  readonly report: (error: unknown) => void;
};

/** Jobs over pg-boss. Its tables live beside ours, so that a job is sent in the transaction of its rows. */
export async function openJobs(options: JobsOptions): Promise<JobQueue> {
  const worker = options.role === 'worker';
  const boss = new PgBoss({
    connectionString: options.databaseUrl,
    schema: 'pgboss',
    // The schema is made by whoever migrates; this role makes and keeps the tables in it.
    createSchema: false,
    application_name: `reprise jobs (${options.role})`,
    max: worker ? 4 : 2,
    supervise: worker,
    schedule: false,
    migrate: true,
    useListenNotify: worker,
    registerInstance: false,
    monitorVacuum: false,
    reindex: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  });
  // pg-boss goes on by itself after a lost connection; without a listener the error would end the process.
  boss.on('error', options.report);
  await boss.start({ attempts: 10 });
  for (const name of Object.values(queueOf)) await createQueue(boss, name);
  return {
    send: (tx, jobs) => sendAll(boss, tx, jobs),
    work: (handlers, concurrency) => workAll(boss, handlers, concurrency),
    stop: (graceMs) => boss.stop({ graceful: true, timeout: graceMs }),
  };
}

async function createQueue(boss: PgBoss, name: Queue): Promise<void> {
  await boss.createQueue(name, {
    // One queued job a singleton key, any number running: sending twice is harmless.
    policy: 'short',
    notify: true,
    heartbeatSeconds,
    expireInSeconds,
    retryLimit: 2,
    retryDelay: 1,
    deleteAfterSeconds: 3600,
  });
}

async function sendAll(boss: PgBoss, tx: Transaction, jobs: readonly Job[]): Promise<void> {
  const db = {
    executeSql: async (text: string, values?: unknown[]) => ({
      rows: [...(await tx.query<Record<string, unknown>>(text, values))],
    }),
  };
  for (const job of jobs) {
    const { kind: _, ...data } = job;
    await boss.send(queueFor(job), data, { db, singletonKey: singletonKey(job) });
  }
}

function singletonKey(job: Job): string {
  switch (job.kind) {
    case 'fold':
      return `${job.replayId}:${job.slot}`;
    case 'phase':
    case 'trace':
      return job.replayId;
    case 'promote':
      return job.promotionId;
    case 'notice':
      return job.deliveryId;
    case 'action':
      return job.attemptId;
  }
}

async function workAll(boss: PgBoss, handlers: JobHandlers, concurrency: number): Promise<void> {
  const polling = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2, heartbeatRefreshSeconds: 3 };
  await boss.work<{ replayId: string; slot: number }>(
    queueOf.fold,
    { ...polling, localConcurrency: concurrency },
    ([job]) => run(job, (data) => ({ kind: 'fold', ...data }), handlers),
  );
  await boss.work<{ replayId: string }>(
    queueOf.phase,
    { ...polling, localConcurrency: concurrency },
    ([job]) => run(job, (data) => ({ kind: 'phase', ...data }), handlers),
  );
  await boss.work<{ replayId: string }>(queueOf.trace, { ...polling }, ([job]) =>
    run(job, (data) => ({ kind: 'trace', ...data }), handlers),
  );
  await boss.work<{ promotionId: string }>(queueOf.promote, { ...polling }, ([job]) =>
    run(job, (data) => ({ kind: 'promote', ...data }), handlers),
  );
  await boss.work<{ deliveryId: string }>(
    queueOf.notice,
    { ...polling, localConcurrency: NOTICES_AT_ONCE },
    ([job]) => run(job, (data) => ({ kind: 'notice', ...data }), handlers),
  );
  for (const [queue, atOnce] of [
    [queueOf.action, ACTIONS_AT_ONCE],
    [queueOf.waiting, WAITING_AT_ONCE],
  ] as const)
    await boss.work<{ attemptId: string }>(queue, { ...polling, localConcurrency: atOnce }, ([job]) =>
      run(job, (data) => ({ kind: 'action', ...data }), handlers),
    );
}

async function run<Data>(
  job: { readonly data: Data; readonly signal: AbortSignal } | undefined,
  toJob: (data: Data) => Job,
  handlers: JobHandlers,
): Promise<void> {
  if (job !== undefined) await handlers.handle(toJob(job.data), job.signal);
}
