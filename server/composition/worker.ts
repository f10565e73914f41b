import { hostname } from 'node:os';
import reprise from '../../package.json' with { type: 'json' };
import { promotionStore } from '../adapters/approval/promotion-store.ts';
import { checkpointFolder } from '../adapters/evidence-log/checkpoint-folder.ts';
import { checkpointSinkStore } from '../adapters/evidence-log/sink-store.ts';
import { openJobs } from '../adapters/jobs/pg-boss-jobs.ts';
import { openMail } from '../adapters/mail/smtp-sender.ts';
import { noticeStore } from '../adapters/notices/notice-store.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { leases } from '../adapters/postgres/leases.ts';
import { workerStore } from '../adapters/replay-store/index.ts';
import { runStore } from '../adapters/runbook-runs/run-store.ts';
import { parseSelect } from '../adapters/sql-invariant/parse-select.ts';
import { watchFolder } from '../adapters/watch-folder.ts';
import { checkpointWebhook } from '../adapters/webhook/checkpoint-webhook.ts';
import { openWebhook } from '../adapters/webhook/webhook-sender.ts';
import { registerContracts } from '../application/contracts/register-contracts.ts';
import { type AuditDeps, auditLog } from '../application/evidence/audit-log.ts';
import { type KeepDeps, keepCheckpoint } from '../application/evidence/keep-checkpoint.ts';
import { beginLog, mustSign } from '../application/evidence/record-evidence.ts';
import {
  type DeliverDeps,
  deliverNotice,
  handOutNotices,
  introduceChannels,
} from '../application/notices/deliver.ts';
import type { CheckpointKeep } from '../application/ports/evidence-log.ts';
import type { JobQueue, JobSender, NoticeJob } from '../application/ports/jobs.ts';
import type { WorkerRow } from '../application/ports/worker-store.ts';
import { checkReadiness } from '../application/readiness/check-readiness.ts';
import { attendStuckThreads } from '../application/replay/end-stuck.ts';
import { reap } from '../application/replay/reap.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import type { Settings } from '../env.ts';
import { auditsOf } from './audits.ts';
import { budgetLoops } from './budgets.ts';
import { type Composed, compose, type Named } from './compose.ts';
import { letterWork } from './dead-letters.ts';
import { escalation } from './incidents.ts';
import { reportTo } from './jobs.ts';
import { composeLag } from './lag.ts';
import { readinessDeps } from './readiness.ts';
import { reviewReminders } from './reviews.ts';
import { actionSet } from './runbook-actions.ts';
import { attemptWork } from './runbook-runs.ts';
import { runbookRegistration } from './runbooks.ts';
import { sagaTracking } from './sagas.ts';

const READINESS_EVERY_MS = 5 * 60_000;

const NOTICES_KEPT_DAYS = 30;

export function composeWorker(settings: Settings, { name }: Named) {
  const composed = compose(settings, name, 4);
  const { log, replayDeps } = composed;
  const keeps = keepsOf(settings, composed);
  const lag = composeLag(settings, composed, name);
  const runbooks = runbookRegistration(settings, composed);
  const auditDeps: AuditDeps & KeepDeps = {
    ...replayDeps,
    sinks: checkpointSinkStore,
    keeps,
  };
  let queue: JobQueue | null = null;
  const jobs: JobSender = {
    send: async (tx, sent) => {
      if (queue === null) throw new Error('jobs are sent before the queue is open');
      await queue.send(tx, sent);
    },
  };
  const actions = actionSet(settings, composed, { jobs, audit: replayDeps.audit, auditing: auditDeps });
  let tried: { readonly size: number; readonly outcome: Promise<void> } | null = null;
  const stops: (() => void)[] = [];
  const register = async () => {
    const { registered, problems } = await registerContracts({
      ...replayDeps,
      promotions: promotionStore,
      checkSelect: parseSelect,
    });
    for (const problem of problems) log.warn({ ...problem }, 'a contract could not be registered');
    for (const { isNew, ...contract } of registered)
      if (isNew) log.info(contract, 'a contract version was registered');
    return registered;
  };
  const checkAll = async () => {
    for (const { contractId } of await replayDeps.contracts.latestOfPresent())
      await checkReadiness(readinessDeps(composed), contractId, 'reprise');
  };
  const inBackground = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => log.warn({ error }, 'a readiness check failed; it is tried again'));
  return {
    log,
    /** Makes sure that the database is at the newest schema and registers the contracts, now and whenever a file changes. */
    async prepare(): Promise<void> {
      // Before it takes anything up that it could not end: every end is recorded, and every record signed.
      mustSign(replayDeps.sealing.signer);
      const { migrateOrCheck } = await import('../adapters/postgres/migrate.ts');
      const { unruly } = await migrateOrCheck(settings.databaseUrl);
      if (unruly !== null) log.warn({}, unruly);
      if (settings.ownerDatabaseUrl !== null)
        log.warn(
          {},
          'REPRISE_OWNER_DATABASE_URL is set for a worker, which has no use for it: it is for what migrates alone',
        );
      await register();
      await runbooks.register();
      const sealed = await beginLog(replayDeps.unitOfWork, replayDeps.sealing, auditDeps.keeps);
      if (sealed > 0)
        log.info({ sealed }, 'records from before the evidence log were sealed as its first entries');
    },
    /** From now on: contracts are registered as their files change, and readiness is checked now and then. */
    watch(): void {
      const registerAgain = async () => {
        const registered = await register();
        await runbooks.register();
        if (registered.some(({ isNew }) => isNew)) inBackground(checkAll());
      };
      const report = (error: unknown) => log.warn({ error }, 'contracts are not watched for changes');
      stops.push(watchFolder(settings.contractsDir, registerAgain, { report }), runbooks.watch());
      // Once more, for what was saved before anybody watched.
      inBackground(registerAgain().then(checkAll));
      const timer = setInterval(() => inBackground(checkAll()), READINESS_EVERY_MS);
      stops.push(() => clearInterval(timer));
    },
    openJobs: async (): Promise<JobQueue> => {
      queue = await openJobs({ databaseUrl: settings.databaseUrl, role: 'worker', report: reportTo(log) });
      return queue;
    },
    notices: noticesOf(settings, composed),
    audits: auditsOf(composed),
    sagas: sagaTracking(composed),
    letters: letterWork(composed),
    attempts: attemptWork(composed, actions),
    lag,
    budgetLoops: budgetLoops(composed, settings),
    /** Asks the next person about incidents that nobody has acknowledged in time. */
    escalate: escalation(composed),
    remindOfReviews: reviewReminders(composed),
    heartbeat: (worker: Omit<WorkerRow, 'version'>) =>
      replayDeps.unitOfWork.run((tx) => workerStore.heartbeat(tx, { ...worker, version: reprise.version })),
    stuckThreads: attendStuckThreads({
      ...replayDeps,
      workers: workerStore,
      promotions: promotionStore,
      log,
    }),
    reap: (jobs: JobSender) =>
      reap({ ...replayDeps, jobs, workers: workerStore, promotions: promotionStore }),
    /** Signs what the evidence log holds now, and keeps that beside the database. */
    keepCheckpoint: () => keepCheckpoint(auditDeps),
    /** The same as soon as the log has grown. What could not be signed or kept waits for the next turn of the above. */
    async keepWhatHasGrown(): Promise<void> {
      const { log: entries } = replayDeps.sealing;
      const { size, signed } = await replayDeps.unitOfWork.run(async (tx) => ({
        size: (await entries.head(tx))?.size ?? 0,
        signed: (await entries.latestCheckpoint(tx))?.size ?? 0,
      }));
      if (size <= signed) return;
      // What failed is said once, and not taken for mended because nothing is tried.
      if (size !== tried?.size) tried = { size, outcome: keepCheckpoint(auditDeps) };
      await tried.outcome;
    },
    /** Recomputes the evidence log. What does not fit stands on the overview until an audit finds that it fits. */
    async auditLog(): Promise<void> {
      const { findings, size } = await auditLog(auditDeps);
      for (const finding of findings) log.error({ size }, finding);
    },
    /** Takes away sessions and the like that have run out, and notices of long ago. */
    sweep: () =>
      replayDeps.unitOfWork.run(async (tx) => {
        await peopleStore.sweep(tx);
        await noticeStore.sweep(tx, NOTICES_KEPT_DAYS);
        await runStore.sweepPreviews(tx);
      }),
    /** Gives back what it does for the fleet (lag, budgets, audits, sagas), so that another goes on at once. */
    giveBack: (workerId: string) =>
      replayDeps.unitOfWork.run(async (tx) => {
        for (const holder of [workerId, name]) await leases.releaseAll(tx, holder);
      }),
    leave: (workerId: string) => replayDeps.unitOfWork.run((tx) => workerStore.leave(tx, workerId)),
    async close(): Promise<void> {
      for (const stop of stops) stop();
      await Promise.all([lag.close(), composed.close()]);
    },
  };
}

function keepsOf(
  { checkpointDir, checkpointWebhook: webhook, checkpointTopic: topic }: Settings,
  { kafka }: Composed,
): readonly CheckpointKeep[] {
  return [
    checkpointFolder(checkpointDir, hostname()),
    ...(webhook === null ? [] : [checkpointWebhook(webhook)]),
    ...(topic === null ? [] : [kafka?.checkpointTopic(topic) ?? noTopic(topic)]),
  ];
}

/** Said like every other fault of a topic: nothing else stops for it. */
function noTopic(topic: string): CheckpointKeep {
  const why = () =>
    Promise.reject(
      new RepriseError(
        'setting-invalid',
        'REPRISE_CHECKPOINT_TOPIC is a topic of KAFKA_BROKERS, which is not set.',
        { where: 'KAFKA_BROKERS' },
      ),
    );
  return { kind: 'topic', name: `the topic ${topic}`, canTell: true, put: why, latest: why, each: why };
}

function noticesOf(settings: Settings, { replayDeps: { unitOfWork, live }, log }: Composed) {
  const { mail, webhook } = settings.notices;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const deps: DeliverDeps = {
    unitOfWork,
    live,
    log,
    notices: noticeStore,
    senders: {
      email: mail === null ? null : openMail(mail),
      webhook: webhook === null ? null : openWebhook(webhook),
    },
    origin: settings.origin ?? `http://${host}:${settings.port}`,
  };
  return {
    introduce: () => introduceChannels(deps),
    handOut: (jobs: JobSender) => handOutNotices(deps, jobs),
    deliver: ({ deliveryId }: NoticeJob) => deliverNotice(deps, deliveryId),
  };
}
