import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../application/ports/jobs.ts';
import { composeWorker } from '../composition/worker.ts';
import { settings } from '../env.ts';
import { beat, every, givingWay, startWhenPossible } from './loops.ts';
import { ThreadPool } from './thread-pool.ts';
import { type ThreadsName, threadsOf } from './threads-of.ts';

/**
 * The worker process. Its threads fold; this thread hands out jobs, tells the fleet that it is alive, and looks for
 * work that nobody attends to. It outlives restarts of PostgreSQL and Kafka.
 */
const heartbeatMs = 3_000;
const reapMs = 2_000;
const sweepMs = 60_000;
/** How much of the log whoever rewrites the database can rewrite unseen. */
const checkpointMs = 60_000;
const grownMs = 2_000;
const auditMs = 3_600_000;
const noticesMs = 2_000;
const deliveriesMs = 2_000;
const sagasMs = 2_000;
const lettersMs = 3_000;
const redrivesMs = 1_000;
const escalateMs = 5_000;
const remindMs = 60_000;
/** How long a replay on this worker may keep the audit of deliveries waiting. */
const givenWayMs = 10_000;
const graceMs = 15_000;
/** What measures ends its turn in that time, or its lease runs out by itself. */
const measuredMs = 2_000;

const configured = settings();
const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
const worker = composeWorker(configured, { name: `worker ${workerId}` });
const { log } = worker;
const stop = new AbortController();
const pool = { workerId, log, stuckMs: configured.stuckMs, stuckThreads: worker.stuckThreads };
const folds = new ThreadPool({ ...pool, name: 'fold', size: configured.workerThreads });
const threads: Readonly<Record<ThreadsName, ThreadPool>> = {
  fold: folds,
  trace: new ThreadPool({ ...pool, name: 'trace', size: 1 }),
  promote: new ThreadPool({ ...pool, name: 'promote', size: 1 }),
};

/** What goes on under leases, which are given back once it has ended. */
const measuring: Promise<void>[] = [];
let jobs: Awaited<ReturnType<typeof worker.openJobs>> | null = null;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown(signal));

jobs = await startWhenPossible(log, stop.signal, async () => {
  await worker.prepare();
  folds.warm();
  return worker.openJobs();
});
if (jobs !== null) {
  const queue = jobs;
  await worker.heartbeat({
    id: workerId,
    threads: configured.workerThreads,
    pid: process.pid,
    host: hostname(),
  });
  void every(heartbeatMs, stop.signal, log, 'tell the fleet that this worker is alive', () =>
    worker.heartbeat({ id: workerId, threads: configured.workerThreads, pid: process.pid, host: hostname() }),
  );
  void every(reapMs, stop.signal, log, 'look for work that nobody attends to', () => worker.reap(queue));
  void every(reapMs, stop.signal, log, 'look for steps of runbooks that nobody attends to', () =>
    worker.attempts.reap(queue),
  );
  void every(sweepMs, stop.signal, log, 'take away sessions that have run out', () => worker.sweep());
  void every(checkpointMs, stop.signal, log, 'keep a checkpoint of the evidence log', () =>
    worker.keepCheckpoint(),
  );
  void every(grownMs, stop.signal, log, 'sign what the evidence log has grown to', () =>
    worker.keepWhatHasGrown(),
  );
  void every(auditMs, stop.signal, log, 'audit the evidence log', () => worker.auditLog());
  for (const { ms, what, work } of worker.budgetLoops)
    measuring.push(every(ms, stop.signal, log, what, () => work(workerId)));
  void every(noticesMs, stop.signal, log, 'hand out notices', () => worker.notices.handOut(queue));
  const audits = worker.audits.by(workerId);
  const audit = givingWay(
    () => folds.isBusy,
    givenWayMs,
    () => audits.begin(stop.signal),
  );
  measuring.push(every(deliveriesMs, stop.signal, log, 'audit deliveries', audit));
  void every(sweepMs, stop.signal, log, 'take away what was audited long ago', () =>
    worker.audits.sweep(workerId),
  );
  void every(sweepMs, stop.signal, log, 'take away sagas that ended long ago', () =>
    worker.sagas.sweep(workerId, configured.sagaKeptDays),
  );
  measuring.push(beat(worker.lag.everyMs, stop.signal, log, 'measure lag', () => worker.lag.sample()));
  measuring.push(
    every(sweepMs, stop.signal, log, 'roll up what was measured of lag', () => worker.lag.keepUp()),
  );
  void every(escalateMs, stop.signal, log, 'ask the next person about incidents', () => worker.escalate());
  void every(remindMs, stop.signal, log, 'tell of actions that are late', () => worker.remindOfReviews());
  await queue.work({ handle }, configured.workerThreads);
  void every(sweepMs, stop.signal, log, 'say which channels of notices are configured', () =>
    worker.notices.introduce(),
  );
  const sagas = worker.sagas.by(workerId);
  measuring.push(every(sagasMs, stop.signal, log, 'follow sagas', () => sagas.begin(stop.signal)));
  measuring.push(
    every(lettersMs, stop.signal, log, 'index dead letters', () =>
      worker.letters.index(workerId, stop.signal),
    ),
  );
  void every(redrivesMs, stop.signal, log, 'send dead letters again', () =>
    worker.letters.redrive(workerId, stop.signal),
  );
  worker.watch();
  log.info({ workerId, threads: configured.workerThreads }, 'the worker is ready');
}

function handle(job: Job): Promise<void> {
  if (job.kind === 'notice') return worker.notices.deliver(job);
  if (job.kind === 'action' && jobs !== null)
    return worker.attempts.run(job.attemptId, workerId, jobs, stop.signal);
  if (job.kind === 'action') return Promise.resolve();
  const name = threadsOf[job.kind];
  return threads[name].run(job);
}

async function shutDown(signal: string): Promise<void> {
  log.info({ workerId, signal }, 'the worker stops: it commits what it has and gives back the rest');
  stop.abort();
  for (const each of Object.values(threads)) each.shutdown();
  // Whatever hangs, the process ends: leases run out, and others take over.
  setTimeout(() => process.exit(1), graceMs + 2_000).unref();
  await Promise.race([Promise.all(measuring), sleep(measuredMs)]);
  await giveBack();
  await jobs?.stop(graceMs).catch((error: unknown) => log.warn({ error }, 'jobs did not stop cleanly'));
  await giveBack();
  await worker.leave(workerId).catch((error: unknown) => log.warn({ error }, 'could not leave the fleet'));
  // A process that exits under its threads may die of a signal instead.
  await Promise.all(Object.values(threads).map((each) => each.terminate()));
  process.exit(0);
}

/** Twice: what was being committed the first time is to be seen the second time. */
async function giveBack(): Promise<void> {
  await worker
    .giveBack(workerId)
    .catch((error: unknown) => log.warn({ error }, 'could not give leases back'));
}
