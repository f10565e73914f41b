import { setTimeout as sleep } from 'node:timers/promises';
import { glassStore } from '../adapters/approval/glass-store.ts';
import { lookStore } from '../adapters/approval/look-store.ts';
import { promotionStore } from '../adapters/approval/promotion-store.ts';
import { revealStore } from '../adapters/approval/reveal-store.ts';
import { callBounded } from '../adapters/bounded-call.ts';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { connectProbe } from '../adapters/connect/connect-probe.ts';
import { connectionProbe } from '../adapters/connection-probe.ts';
import { redriveStore } from '../adapters/dead-letters/redrive-store.ts';
import { deliveryReads } from '../adapters/deliveries/delivery-pages.ts';
import { checkpointSinkStore } from '../adapters/evidence-log/sink-store.ts';
import { incidentReads } from '../adapters/incidents/incident-reads.ts';
import type { ProcessLog } from '../adapters/log/pino-log.ts';
import { noticeStore } from '../adapters/notices/notice-store.ts';
import { addressOf } from '../adapters/people/address.ts';
import { openIssuer } from '../adapters/people/issuer.ts';
import { peopleStore } from '../adapters/people/people-store.ts';
import { createRequestRates } from '../adapters/people/request-rates.ts';
import { ISSUER_CALLBACK, openSignIn, type SignIn } from '../adapters/people/sign-in.ts';
import { siteOf } from '../adapters/people/site.ts';
import { auditFrom } from '../adapters/postgres/audit.ts';
import { createLiveFeed } from '../adapters/postgres/live-feed.ts';
import { createPageReads } from '../adapters/postgres/pages/index.ts';
import { whyRulesCanBeSwitchedOff } from '../adapters/postgres/running-role.ts';
import { registryProbe } from '../adapters/registry-probe.ts';
import { reviewStore } from '../adapters/reviews/review-store.ts';
import { attemptStore } from '../adapters/runbook-runs/attempt-store.ts';
import { runStore } from '../adapters/runbook-runs/run-store.ts';
import { runbookStore } from '../adapters/runbooks/runbook-store.ts';
import { sagaReads } from '../adapters/saga/saga-reads.ts';
import { savedViewStore } from '../adapters/saved-views/saved-view-store.ts';
import { breakGlass, closeReview } from '../application/approval/break-glass.ts';
import { decideReplay } from '../application/approval/decide-replay.ts';
import { lookAtReplay } from '../application/approval/review.ts';
import { archiveHistory } from '../application/archive/archive-history.ts';
import { createDashboardQueries } from '../application/dashboard/queries.ts';
import { revealValues } from '../application/dashboard/reveal-values.ts';
import type { LetterDesk } from '../application/dead-letters/desk.ts';
import { takeCosignature } from '../application/evidence/cosignatures.ts';
import { createEvidenceLogDesk, type EvidenceLogDesk } from '../application/evidence/evidence-log.ts';
import { whySeveralKeysSign } from '../application/evidence/keys-in-use.ts';
import { mustSign } from '../application/evidence/record-evidence.ts';
import { checkpointsProbe } from '../application/evidence/sinks.ts';
import type { IncidentDesk } from '../application/incident/desk.ts';
import type { LagQueries } from '../application/lag/read-lag.ts';
import { createNoticeDesk, type NoticeDesk } from '../application/notices/desk.ts';
import { noticesProbe } from '../application/notices/trouble.ts';
import { demoPassword, demoPeople } from '../application/people/demo-people.ts';
import { createPeopleDesk, type PeopleDesk } from '../application/people/people-desk.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { DashboardCommands, DashboardQueries, LiveFeed } from '../application/ports/dashboard.ts';
import type { DependencyProbe } from '../application/ports/page-reads.ts';
import type { Site } from '../application/ports/passkeys.ts';
import type { RequestRates } from '../application/ports/people.ts';
import type { Tracing } from '../application/ports/tracing.ts';
import { createPromotionCommands } from '../application/promotion/commands.ts';
import { checkReadiness } from '../application/readiness/check-readiness.ts';
import { createReplayCommands } from '../application/replay/commands.ts';
import type { ReviewDesk } from '../application/review/desk.ts';
import type { RunDesk } from '../application/runbook-runs/desk.ts';
import type { RunbookCatalogue } from '../application/runbooks/catalogue.ts';
import { changeView, removeView, saveView } from '../application/saved-views/keep-views.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import type { Settings } from '../env.ts';
import { budgetCommands, budgetStore } from './budgets.ts';
import { type Composed, compose } from './compose.ts';
import { letterDesk } from './dead-letters.ts';
import { incidentDesk } from './incidents.ts';
import { sendersOnDemand } from './jobs.ts';
import { lagQueries } from './lag-pages.ts';
import { peopleDeps } from './people.ts';
import { readinessDeps } from './readiness.ts';
import { reviewFiles } from './review-files.ts';
import { reviewDesk } from './reviews.ts';
import { actionSet } from './runbook-actions.ts';
import { runDesk } from './runbook-runs.ts';
import { runbookCatalogue } from './runbooks.ts';

export function composeDashboard(
  settings: Settings,
  name: string,
  connections = 10,
): {
  readonly queries: DashboardQueries;
  /** What is done, and by whose wish: `origin` is where a request came from, and stands in the audit. */
  desk(origin: string): {
    readonly commands: DashboardCommands;
    readonly people: PeopleDesk;
    readonly notices: NoticeDesk;
    readonly incidents: IncidentDesk;
    readonly letters: LetterDesk;
    readonly runs: RunDesk;
    readonly runbooks: RunbookCatalogue;
    readonly reviews: ReviewDesk;
    readonly takeCosignature: (note: string) => ReturnType<typeof takeCosignature>;
  };
  /** The door. Throws RepriseError setting-invalid where no secret is set. */
  signIn(): SignIn;
  /** Where a request came from, as far as its headers can be believed. */
  addressOf(headers: Headers): string;
  /** What passkeys are bound to, for a request to this address; null where they can't be. */
  siteOf(headers: Headers): Site | null;
  readonly evidenceLog: EvidenceLogDesk;
  readonly lag: LagQueries;
  readonly live: LiveFeed;
  readonly rates: RequestRates;
  /** The people of the demo, where it runs on this machine. */
  readonly demo: { readonly people: typeof demoPeople; readonly password: string } | null;
  /** What the company's own sign-in is called; null: there is none. */
  readonly issuerName: string | null;
  readonly log: ProcessLog;
  readonly tracing: Tracing;
  /** Writes a contract's history into the archive that it names. */
  archive(contractId: string, actor: string, signal: AbortSignal): ReturnType<typeof archiveHistory>;
  close(): Promise<void>;
} {
  const composed = compose(settings, name, connections);
  const { log, replayDeps, deadLetters } = composed;
  const { witnesses } = settings;
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
  const checkpointSinks = () => replayDeps.unitOfWork.run((tx) => checkpointSinkStore.states(tx));
  const noticeChannels = () => replayDeps.unitOfWork.run((tx) => noticeStore.channels(tx));
  const queries: DashboardQueries = {
    ...deliveryReads(composed.pool),
    ...createDashboardQueries({
      ...replayDeps,
      deadLetters,
      promotions: promotionStore,
      target: composed.target,
      glass: glassStore,
      reveals: revealStore,
      looks: lookStore,
      views: savedViewStore,
      budgets: budgetStore,
      incidents: incidentReads,
      postIncident: reviewStore,
      attempts: attemptStore,
      runs: runStore,
      redrives: redriveStore,
      sagas: sagaReads,
      reads,
      callBounded,
      noticeChannels,
      witnesses,
      checkpointSinks,
      unruly: () => whyRulesCanBeSwitchedOff(composed.pool),
      probes: [
        databaseProbe(composed),
        rulesProbe(composed),
        signingProbe(composed),
        kafkaProbe(composed),
        registryProbe(settings.schemaRegistryUrl),
        ...[...settings.connections.keys()].map((name) => connectionProbe(name, composed.connect)),
        ...(settings.outside.connectUrl === null ? [] : [connectProbe(settings.outside.connectUrl)]),
        noticesProbe(noticeChannels, systemClock.now),
        checkpointsProbe(checkpointSinks),
      ],
    }),
  };
  const promoting = {
    promotions: promotionStore,
    people: peopleStore,
    target: composed.target,
    glass: glassStore,
    reveals: revealStore,
  };
  // Here they are only looked at before they are done: a worker does them, and holds the log against its places.
  const actions = actionSet(settings, composed, {
    jobs,
    audit: replayDeps.audit,
    auditing: { ...replayDeps, sinks: checkpointSinkStore, keeps: [] },
  });
  const evidenceDesk = (audit: AuditLog) =>
    createEvidenceLogDesk({ ...replayDeps, audit, queries, witnesses, pause: (ms) => sleep(ms) });
  const desk = (origin: string) => {
    const audit = auditFrom(origin);
    const keeping = { ...replayDeps, audit, views: savedViewStore };
    const commands: DashboardCommands = {
      ...createReplayCommands({ ...replayDeps, audit, jobs, people: peopleStore }),
      decide: (request) => decideReplay({ ...replayDeps, audit, jobs, people: peopleStore }, request),
      ...budgetCommands(composed, audit),
      ...createPromotionCommands({ ...replayDeps, ...promoting, audit, jobs }),
      breakGlass: (request) => breakGlass({ ...replayDeps, ...promoting, audit, jobs }, request),
      closeReview: (request) => closeReview({ ...replayDeps, ...promoting, audit, jobs }, request),
      revealValues: (request) =>
        revealValues({ ...replayDeps, ...promoting, audit, reveals: revealStore }, request),
      saveView: (request) => saveView(keeping, request),
      changeView: (request) => changeView(keeping, request),
      removeView: (request) => removeView(keeping, request),
      look: (request) => lookAtReplay({ ...replayDeps, audit, looks: lookStore }, request),
      checkReadiness: (contractId, actor) =>
        checkReadiness({ ...readinessDeps(composed), audit }, contractId, actor),
    };
    return {
      commands,
      people: createPeopleDesk({ ...peopleDeps(settings, composed), audit }),
      notices: createNoticeDesk({ ...replayDeps, notices: noticeStore, audit }),
      incidents: incidentDesk(composed, reads, audit),
      letters: letterDesk(composed, reads, audit),
      runs: runDesk(composed, audit, jobs, {
        actions,
        runbooks: runbookStore,
      }),
      runbooks: runbookCatalogue(composed),
      reviews: reviewDesk(composed, audit, {
        files: reviewFiles,
        bundle: (evidenceId, viewer) => evidenceDesk(audit).bundle({ evidenceId, fromSizes: [] }, viewer),
      }),
      takeCosignature: (note: string) => takeCosignature({ ...replayDeps, audit, witnesses }, note),
    };
  };
  let door: SignIn | null = null;
  return {
    queries,
    lag: lagQueries(settings, composed),
    evidenceLog: evidenceDesk(replayDeps.audit),
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
    tracing: composed.tracing,
    archive: (contractId, actor, signal) =>
      archiveHistory({ ...replayDeps, archives: composed.archives }, contractId, actor, signal),
    close: async () => {
      await Promise.all([live.close(), jobs.close()]);
      await composed.close();
    },
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

/** Says once in the log, too, that what runs could switch off the rules that the database keeps. */
function rulesProbe({ pool, log }: Composed): DependencyProbe {
  let said: string | null = null;
  return {
    name: 'database rules',
    check: async () => {
      const why = await whyRulesCanBeSwitchedOff(pool);
      if (why !== null && why !== said) log.warn({}, why);
      said = why;
      if (why !== null) return { status: 'not-configured', detail: why };
      return { status: 'up', detail: 'what runs can not switch them off' };
    },
  };
}

function signingProbe({ replayDeps: { sealing, unitOfWork } }: Composed): DependencyProbe {
  return {
    name: 'signing key',
    check: async () => {
      const { keyId } = mustSign(sealing.signer);
      const why = await whySeveralKeysSign(unitOfWork, sealing.log);
      if (why !== null) return { status: 'not-configured', detail: why };
      return { status: 'up', detail: `signs with ${keyId.slice(0, 16)}` };
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
