/** The one place that picks adapters. Everything connects when it is first used, and closes with its composition. */
import { randomUUID } from 'node:crypto';
import reprise from '../package.json' with { type: 'json' };
import { approvalStore } from './adapters/approval/approval-store.ts';
import { glassStore } from './adapters/approval/glass-store.ts';
import { lookStore } from './adapters/approval/look-store.ts';
import { promotionStore } from './adapters/approval/promotion-store.ts';
import { revealStore } from './adapters/approval/reveal-store.ts';
import { type Archives, openArchives } from './adapters/archive/archive-store.ts';
import { callBounded } from './adapters/bounded-call.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import { openConnections } from './adapters/connection-pools.ts';
import { createContractLoader } from './adapters/contracts/contract-loader.ts';
import { watchContracts } from './adapters/contracts/watch-contracts.ts';
import { readersByKind, targetsByKind } from './adapters/derived-state/by-kind.ts';
import { openDerivedStates } from './adapters/derived-state/postgres-state-reader.ts';
import { openPostgresTarget } from './adapters/derived-state/promoting/postgres-target.ts';
import { sha256, startSha256 } from './adapters/digests.ts';
import { openEventTable } from './adapters/event-table/event-table-history.ts';
import { rowDecoder } from './adapters/event-table/row-decoder.ts';
import { openJobs } from './adapters/jobs/pg-boss-jobs.ts';
import { createKafka, type Kafka } from './adapters/kafka/index.ts';
import { createLog, type ProcessLog } from './adapters/log/pino-log.ts';
import { openMail } from './adapters/mail/smtp-sender.ts';
import { noticeStore } from './adapters/notices/notice-store.ts';
import { addressOf } from './adapters/people/address.ts';
import { factorStore, signInStepStore } from './adapters/people/factor-store.ts';
import { openIssuer } from './adapters/people/issuer.ts';
import { passkeyCeremonies } from './adapters/people/passkey-ceremonies.ts';
import { passkeyStore } from './adapters/people/passkey-store.ts';
import { newSecret, passwords } from './adapters/people/passwords.ts';
import { peopleStore } from './adapters/people/people-store.ts';
import { createRequestRates } from './adapters/people/request-rates.ts';
import { createSeal } from './adapters/people/seal.ts';
import { ISSUER_CALLBACK, openSignIn, type SignIn } from './adapters/people/sign-in.ts';
import { siteOf } from './adapters/people/site.ts';
import { timedCodes } from './adapters/people/timed-codes.ts';
import { auditFrom } from './adapters/postgres/audit.ts';
import { createContractStore } from './adapters/postgres/contract-store.ts';
import { createLiveFeed, postgresNotifier } from './adapters/postgres/live-feed.ts';
import { createPageReads } from './adapters/postgres/pages/index.ts';
import { createPool } from './adapters/postgres/pool.ts';
import { postgresReadiness } from './adapters/postgres/readiness-store.ts';
import { createUnitOfWork } from './adapters/postgres/unit-of-work.ts';
import { registryProbe } from './adapters/registry-probe.ts';
import { foldStore, replayStore, resultStore, workerStore } from './adapters/replay-store/index.ts';
import { parseSelect } from './adapters/sql-invariant/parse-select.ts';
import { openSqlInvariants } from './adapters/sql-invariant/sql-invariant-runner.ts';
import { openSubjectKeys } from './adapters/subject-keys/postgres-subject-keys.ts';
import { openWebhook } from './adapters/webhook/webhook-sender.ts';
import { breakGlass, closeReview } from './application/approval/break-glass.ts';
import { decideReplay } from './application/approval/decide-replay.ts';
import { lookAtReplay } from './application/approval/review.ts';
import { archiveHistory } from './application/archive/archive-history.ts';
import { registerContracts } from './application/contracts/register-contracts.ts';
import { createDashboardQueries } from './application/dashboard/queries.ts';
import { revealValues } from './application/dashboard/reveal-values.ts';
import {
  type DeliverDeps,
  deliverNotice,
  handOutNotices,
  introduceChannels,
} from './application/notices/deliver.ts';
import { createNoticeDesk, type NoticeDesk } from './application/notices/desk.ts';
import { noticesProbe } from './application/notices/trouble.ts';
import { demoPassword, demoPeople } from './application/people/demo-people.ts';
import type { PeopleDeps } from './application/people/deps.ts';
import { createPeopleDesk, type PeopleDesk } from './application/people/people-desk.ts';
import type { DashboardCommands, DashboardQueries, LiveFeed } from './application/ports/dashboard.ts';
import type { DeadLetterReader, HistoryOpener } from './application/ports/history.ts';
import type { JobQueue, JobSender, NoticeJob, PromotionJob, ReplayJob } from './application/ports/jobs.ts';
import type { DependencyProbe } from './application/ports/page-reads.ts';
import type { Site } from './application/ports/passkeys.ts';
import type { RequestRates } from './application/ports/people.ts';
import type { Progress } from './application/ports/progress.ts';
import type { WorkerRow } from './application/ports/worker-store.ts';
import { createPromotionCommands } from './application/promotion/commands.ts';
import { longestHoldMs as defaultHoldMs, type PromotionRunnerDeps } from './application/promotion/deps.ts';
import { runPromotion } from './application/promotion/run-promotion.ts';
import { checkReadiness, type ReadinessDeps } from './application/readiness/check-readiness.ts';
import { createReplayCommands } from './application/replay/commands.ts';
import type { ReplayDeps } from './application/replay/deps.ts';
import { attendStuckThreads } from './application/replay/end-stuck.ts';
import { reap } from './application/replay/reap.ts';
import { createReplayRunner } from './application/replay/runner.ts';
import { RepriseError } from './domain/shared/errors.ts';
import { connectionSetting, promoterSetting, type Settings } from './env.ts';

type Named = { readonly name: string };

/** How often a worker checks again whether histories and derived states are fit for a replay. */
const READINESS_EVERY_MS = 5 * 60_000;
const NOTICES_KEPT_DAYS = 30;

/** What every composition is made from. */
function compose(settings: Settings, name: string, poolSize: number) {
  const log = createLog({ level: settings.logLevel, process: name });
  for (const setting of settings.unknown)
    log.warn({ setting }, 'this looks like a setting of Reprise and is none: is it misspelt?');
  const report = (error: unknown) =>
    log.warn({ error }, 'a connection was lost; it is made again when needed');
  const pool = createPool(settings.databaseUrl, { name: `reprise ${name}`, max: poolSize, report });
  const connections = openConnections({
    addresses: settings.connections,
    settingOf: connectionSetting,
    report,
  });
  const promoters = openConnections({
    addresses: settings.promoters,
    settingOf: promoterSetting,
    why: 'promotes through',
    name: 'reprise promoter',
    report,
  });
  const kafka = settings.kafka === null ? null : openKafka(settings, settings.kafka, log);
  const archives = openArchives(settings.archiveDir);
  const replayDeps: ReplayDeps = {
    unitOfWork: createUnitOfWork(pool),
    replays: replayStore,
    folds: foldStore,
    results: resultStore,
    live: postgresNotifier,
    audit: auditFrom(name),
    notices: noticeStore,
    glass: glassStore,
    contracts: createContractStore(pool),
    approvals: approvalStore,
    loader: createContractLoader({ contractsDir: settings.contractsDir, root: process.cwd() }),
    histories: openHistories(kafka, connections.connect, archives),
    derivedStates: readersByKind(openDerivedStates(connections.connect), () => {
      if (kafka === null) throw noBroker();
      return kafka.topicStates;
    }),
    clock: systemClock,
    newId: randomUUID,
    sha256,
    startSha256,
    software: { reprise: reprise.version, node: process.versions.node },
  };
  return {
    log,
    pool,
    kafka,
    connect: connections.connect,
    target: targetsByKind(openPostgresTarget(promoters.connect), () => {
      if (kafka === null) throw noBroker();
      return kafka.topicTarget;
    }),
    replayDeps,
    archives,
    deadLetters: kafka?.deadLetters ?? noDeadLetters,
    close: async () => {
      await Promise.all([kafka?.close(), connections.close(), promoters.close(), pool.end()]);
    },
  };
}

type Composed = ReturnType<typeof compose>;

function openKafka(
  settings: Settings,
  { brokers, tls, sasl, promoter }: NonNullable<Settings['kafka']>,
  log: ProcessLog,
): Kafka {
  const { ca, cert, key } = tls ?? { ca: null, cert: null, key: null };
  const reading = {
    brokers,
    tls:
      tls === null
        ? (false as const)
        : { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized: true },
    sasl,
    registryUrl: settings.schemaRegistryUrl,
    clientId: 'reprise',
  };
  return createKafka(reading, (level, fields, sentence) => log[level](fields, sentence), {
    promoter: promoter === null ? null : { ...reading, sasl: promoter.sasl },
  });
}

const noBroker = () =>
  new RepriseError('history-unavailable', 'No broker is configured: set KAFKA_BROKERS (docs/settings.md).', {
    where: 'KAFKA_BROKERS',
    lasting: true,
  });
const noDeadLetters: DeadLetterReader = { list: () => Promise.reject(noBroker()) };

function openHistories(kafka: Kafka | null, connect: Composed['connect'], archives: Archives): HistoryOpener {
  return {
    open: async (contract) => {
      if (contract.history.kind === 'postgres')
        return { reader: openEventTable(contract, connect), decoder: rowDecoder };
      if (kafka === null) throw noBroker();
      const opened = await kafka.openHistory(contract);
      const { archive } = contract.history;
      if (archive === null) return opened;
      return { ...opened, reader: await archives.continueBackwards(opened.reader, archive) };
    },
  };
}

/** For pages, their API and the command line. */
export function composeDashboard(
  settings: Settings,
  name: string,
): {
  readonly queries: DashboardQueries;
  /** What is done, and by whose wish: `origin` is where a request came from, and stands in the audit. */
  desk(origin: string): {
    readonly commands: DashboardCommands;
    readonly people: PeopleDesk;
    readonly notices: NoticeDesk;
  };
  /** The door. Throws RepriseError setting-invalid where no secret is set. */
  signIn(): SignIn;
  /** Where a request came from, as far as its headers can be believed. */
  addressOf(headers: Headers): string;
  /** What passkeys are bound to, for a request to this address; null where they can't be. */
  siteOf(headers: Headers): Site | null;
  readonly live: LiveFeed;
  readonly rates: RequestRates;
  /** The people of the demo, where it runs on this machine. */
  readonly demo: { readonly people: typeof demoPeople; readonly password: string } | null;
  /** What the company's own sign-in is called; null: there is none. */
  readonly issuerName: string | null;
  readonly log: ProcessLog;
  /** Writes a contract's history into the archive that it names. */
  archive(contractId: string, actor: string, signal: AbortSignal): ReturnType<typeof archiveHistory>;
  close(): Promise<void>;
} {
  const composed = compose(settings, name, 10);
  const { log, replayDeps, deadLetters } = composed;
  const report = (error: unknown) => log.warn({ error }, 'the live feed was lost; it is taken up again');
  const reportForeign = (count: number) =>
    log.warn({ count }, 'somebody else sends notices on the channel of the live feed; they are ignored');
  const live = createLiveFeed({
    databaseUrl: settings.databaseUrl,
    now: systemClock.now,
    report,
    reportForeign,
  });
  const jobs = sendersOnDemand(settings, log);
  const reads = createPageReads(composed.pool);
  const noticeChannels = () => replayDeps.unitOfWork.run((tx) => noticeStore.channels(tx));
  const queries = createDashboardQueries({
    ...replayDeps,
    deadLetters,
    promotions: promotionStore,
    target: composed.target,
    glass: glassStore,
    reveals: revealStore,
    looks: lookStore,
    reads,
    callBounded,
    noticeChannels,
    probes: [
      databaseProbe(composed),
      kafkaProbe(composed),
      registryProbe(settings.schemaRegistryUrl),
      noticesProbe(noticeChannels, systemClock.now),
    ],
  });
  const promoting = {
    promotions: promotionStore,
    people: peopleStore,
    target: composed.target,
    glass: glassStore,
    reveals: revealStore,
  };
  const desk = (origin: string) => {
    const audit = auditFrom(origin);
    const commands: DashboardCommands = {
      ...createReplayCommands({ ...replayDeps, audit, jobs, people: peopleStore }),
      decide: (request) => decideReplay({ ...replayDeps, audit, jobs, people: peopleStore }, request),
      ...createPromotionCommands({ ...replayDeps, ...promoting, audit, jobs }),
      breakGlass: (request) => breakGlass({ ...replayDeps, ...promoting, audit, jobs }, request),
      closeReview: (request) => closeReview({ ...replayDeps, ...promoting, audit, jobs }, request),
      revealValues: (request) =>
        revealValues({ ...replayDeps, ...promoting, audit, reveals: revealStore }, request),
      look: (request) => lookAtReplay({ ...replayDeps, audit, looks: lookStore }, request),
      checkReadiness: (contractId, actor) =>
        checkReadiness({ ...readinessDeps(composed), audit }, contractId, actor),
    };
    return {
      commands,
      people: createPeopleDesk({ ...peopleDeps(settings, composed), audit }),
      notices: createNoticeDesk({ ...replayDeps, notices: noticeStore, audit }),
    };
  };
  let door: SignIn | null = null;
  return {
    queries,
    desk,
    signIn: () => {
      door ??= openDoor(settings, composed);
      return door;
    },
    addressOf: (headers) => addressOf(headers, settings.proxies),
    siteOf: (headers) => siteOf(headers, settings.origin),
    live,
    rates: createRequestRates(composed.pool),
    demo: settings.demoPeople ? { people: demoPeople, password: demoPassword } : null,
    issuerName: settings.issuer?.name ?? null,
    log,
    archive: (contractId, actor, signal) =>
      archiveHistory({ ...replayDeps, archives: composed.archives }, contractId, actor, signal),
    close: async () => {
      await Promise.all([live.close(), jobs.close()]);
      await composed.close();
    },
  };
}

/** What there is to do about people, for whoever starts Reprise: it needs no broker and no queue. */
export function composePeople(
  settings: Settings,
  { name }: Named,
): { readonly people: PeopleDesk; close(): Promise<void> } {
  const composed = compose(settings, name, 2);
  return { people: createPeopleDesk(peopleDeps(settings, composed)), close: composed.close };
}

/** Commands alone, over a queue that somebody else has opened. */
export function composeReplayCommands(settings: Settings, jobs: JobSender, { name }: Named) {
  const { replayDeps, target, close } = compose(settings, name, 4);
  const stores = { people: peopleStore, promotions: promotionStore, reveals: revealStore };
  const deps = { ...replayDeps, ...stores, jobs, target };
  const decide: DashboardCommands['decide'] = (request) => decideReplay(deps, request);
  const glass = {
    breakGlass: (request: Parameters<DashboardCommands['breakGlass']>[0]) => breakGlass(deps, request),
    closeReview: (request: Parameters<DashboardCommands['closeReview']>[0]) => closeReview(deps, request),
    revealValues: (request: Parameters<DashboardCommands['revealValues']>[0]) => revealValues(deps, request),
  };
  const commands = { ...createReplayCommands(deps), ...createPromotionCommands(deps), ...glass, decide };
  return { commands, close };
}

/** The worker's own thread: it hands out jobs, tells that it is alive, and registers contracts. */
export function composeWorker(settings: Settings, { name }: Named) {
  const composed = compose(settings, name, 4);
  const { log, replayDeps } = composed;
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
    for (const { contractId } of await replayDeps.contracts.latestOfAll())
      await checkReadiness(readinessDeps(composed), contractId, 'reprise');
  };
  const inBackground = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => log.warn({ error }, 'a readiness check failed; it is tried again'));
  return {
    log,
    /** Brings the database to the newest schema and registers the contracts, now and whenever a file changes. */
    async prepare(): Promise<void> {
      const { migrate } = await import('./adapters/postgres/migrate.ts');
      await migrate(settings.databaseUrl);
      await register();
    },
    /** From now on: contracts are registered as their files change, and readiness is checked now and then. */
    watch(): void {
      const registerAgain = async () => {
        const registered = await register();
        if (registered.some(({ isNew }) => isNew)) inBackground(checkAll());
      };
      const report = (error: unknown) => log.warn({ error }, 'contracts are not watched for changes');
      stops.push(watchContracts(settings.contractsDir, registerAgain, { report }));
      inBackground(checkAll());
      const timer = setInterval(() => inBackground(checkAll()), READINESS_EVERY_MS);
      stops.push(() => clearInterval(timer));
    },
    openJobs: (): Promise<JobQueue> =>
      openJobs({ databaseUrl: settings.databaseUrl, role: 'worker', report: reportTo(log) }),
    notices: noticesOf(settings, composed),
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
    /** Takes away sessions and the like that have run out, and notices of long ago. */
    sweep: () =>
      replayDeps.unitOfWork.run(async (tx) => {
        await peopleStore.sweep(tx);
        await noticeStore.sweep(tx, NOTICES_KEPT_DAYS);
      }),
    leave: (workerId: string) => replayDeps.unitOfWork.run((tx) => workerStore.leave(tx, workerId)),
    async close(): Promise<void> {
      for (const stop of stops) stop();
      await composed.close();
    },
  };
}

/** Does what a job asks for. `owner` names the worker's thread. */
type Runner = {
  run(job: ReplayJob | PromotionJob, owner: string, shutdown: AbortSignal): Promise<void>;
};

/** What tests of promotions need otherwise: to vanish at a moment of one, and to wait for less long. */
type Promoting = Partial<Pick<PromotionRunnerDeps, 'at' | 'longestHoldMs'>>;

/** One thread of a worker. */
export function composeRunner(
  settings: Settings,
  {
    name,
    progress,
    at = () => Promise.resolve(),
    longestHoldMs = defaultHoldMs,
  }: Named & { readonly progress: Progress } & Promoting,
): { readonly runner: Runner; readonly log: ProcessLog; close(): Promise<void> } {
  const composed = compose(settings, name, 4);
  const { log, replayDeps, connect, deadLetters, close } = composed;
  const deps = {
    ...replayDeps,
    deadLetters,
    sqlInvariants: openSqlInvariants(connect),
    subjectKeys: openSubjectKeys(connect),
    log,
    progress,
  };
  const replays = createReplayRunner(deps);
  const promoting = { ...deps, promotions: promotionStore, target: composed.target, at, longestHoldMs };
  return {
    runner: {
      run: (job, owner, shutdown) =>
        job.kind === 'promote'
          ? runPromotion(promoting, job.promotionId, owner, shutdown)
          : replays.run(job, owner, shutdown),
    },
    log,
    close,
  };
}

/** The worker's side of notices: it alone sends them. */
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

function peopleDeps({ secret, issuer }: Settings, { pool, replayDeps }: Composed): PeopleDeps {
  const { unitOfWork, audit, newId } = replayDeps;
  return {
    unitOfWork,
    people: peopleStore,
    passwords,
    audit,
    newId,
    newSecret,
    sha256,
    factors: factorStore,
    steps: signInStepStore,
    codes: timedCodes,
    seal: createSeal(secret),
    passkeys: passkeyStore,
    ceremonies: passkeyCeremonies,
    rates: createRequestRates(pool),
    issuer: issuer?.issuer ?? null,
  };
}

function openDoor(settings: Settings, composed: Composed): SignIn {
  const { secret, origin, issuer } = settings;
  const { pool, log } = composed;
  if (secret === null)
    throw new RepriseError(
      'setting-invalid',
      'REPRISE_SECRET is missing, so that nobody can sign in: set it to at least 32 letters, the same for every web process (docs/settings.md).',
      { where: 'REPRISE_SECRET' },
    );
  return openSignIn({
    pool,
    rates: createRequestRates(pool),
    desk: (address) =>
      createPeopleDesk({ ...peopleDeps(settings, composed), audit: auditFrom(address) }).atTheDoor,
    issuer: issuer === null ? null : openIssuer(issuer, `${origin}${ISSUER_CALLBACK}`),
    secret,
    origin,
    report: (level, sentence) => log[level]({}, sentence),
  });
}

function readinessDeps({ replayDeps }: Composed): ReadinessDeps {
  return { ...replayDeps, readiness: postgresReadiness, people: peopleStore };
}

const reportTo = (log: ProcessLog) => (error: unknown) =>
  log.warn({ error }, 'the job queue had a fault; it goes on by itself');

/** A page that only reads needs no queue, so it is opened with the first job, and again where that failed. */
function sendersOnDemand(settings: Settings, log: ProcessLog): JobSender & { close(): Promise<void> } {
  let opening: Promise<JobQueue> | null = null;
  const open = () => {
    opening ??= openJobs({ databaseUrl: settings.databaseUrl, role: 'sender', report: reportTo(log) });
    opening.catch(() => {
      opening = null;
    });
    return opening;
  };
  return {
    send: async (tx, jobs) => (await open()).send(tx, jobs),
    close: async () => {
      const queue = await opening?.catch(() => null);
      await queue?.stop(1_000);
    },
  };
}

function databaseProbe({ pool }: Composed): DependencyProbe {
  return {
    name: 'database',
    check: async () => {
      const { rows } = await pool.query<{ version: string }>(
        `SELECT current_setting('server_version') AS version`,
      );
      return { status: 'up', detail: `PostgreSQL ${rows[0]?.version}` };
    },
  };
}

function kafkaProbe({ kafka }: Composed): DependencyProbe {
  return {
    name: 'kafka',
    check: async () => {
      if (kafka === null)
        return {
          status: 'not-configured',
          detail: 'KAFKA_BROKERS is not set; contracts over Kafka are unavailable',
        };
      const { ok, detail } = await kafka.health();
      return { status: ok ? 'up' : 'down', detail };
    },
  };
}
