import type { EngineContract } from '../../domain/contract/index.ts';
import { remarksName, resultName, rowsName } from '../../domain/evidence/index.ts';
import type { NoteKey } from '../../domain/log/index.ts';
import type { Sha256 } from '../../domain/shared/digests.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { readReview } from '../approval/review.ts';
import { readApproval, readWaiting } from '../approval/waiting.ts';
import { createBudgetQueries } from '../budget/read-budgets.ts';
import { readWaitingRedrives } from '../dead-letters/redrive/waiting.ts';
import { readLogView } from '../evidence/log-view.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { GlassStore } from '../ports/break-glass.ts';
import type { BudgetStore } from '../ports/budget-store.ts';
import type {
  CallBounded,
  ContractLoader,
  ContractStore,
  StoredContractVersion,
} from '../ports/contracts.ts';
import type { DashboardQueries } from '../ports/dashboard.ts';
import type { DeliveryQueries } from '../ports/delivery-pages.ts';
import type { Sealing, SinkState } from '../ports/evidence-log.ts';
import type { IncidentReads } from '../ports/incident-reads.ts';
import type { LookStore } from '../ports/looks.ts';
import type { ChannelState } from '../ports/notices.ts';
import type {
  DependencyProbe,
  EvidenceDetail,
  KeyView,
  PageReads,
  Standing,
  StateRow,
  StatesView,
  TraceStep,
} from '../ports/page-reads.ts';
import type { PromotionTarget } from '../ports/promotion-target.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { RedriveStore } from '../ports/redrives.ts';
import type { ReplayStore } from '../ports/replay-store.ts';
import type { RevealStore, Viewer } from '../ports/reveals.ts';
import type { ReviewStore } from '../ports/reviews.ts';
import type { AttemptStore, RunStore } from '../ports/runs.ts';
import type { SagaReads } from '../ports/sagas.ts';
import type { SavedViewStore } from '../ports/saved-views.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { createPromotionQueries } from '../promotion/read-promotions.ts';
import { loadBundle } from '../replay/open-contract.ts';
import { readWaitingAttempts } from '../runbook-runs/decide-attempt.ts';
import { holdsValues } from '../runbook-runs/show.ts';
import { createSagaQueries } from '../saga/read-sagas.ts';
import { listViews } from '../saved-views/keep-views.ts';
import { compareReplays } from './compare-replays.ts';
import { keysCompared } from './contract-verdict.ts';
import { readEvidenceHistory } from './evidence-history.ts';
import { checkAttachment, toEvidenceView } from './evidence-view.ts';
import { readHealth, rememberHealth } from './health.ts';
import {
  HIDDEN,
  hideCausesOfRow,
  hideCausesOfStep,
  maskComparison,
  maskDiscrepancyChange,
  maskFinding,
  maskRemarks,
  maskReplay,
  maskRow,
  maskStep,
  mayQuoteValues,
  type Shown,
  shownByAll,
  shownFields,
} from './masking.ts';
import { composeOverview } from './overview.ts';
import { type PipelineDeps, readPipeline } from './pipeline.ts';
import { hiddenFrom, revealedUntil } from './reveal-values.ts';
import { markExplaining, toStateRow } from './state-rows.ts';
import { LISTED, type Waits, whyNotReview } from './waits.ts';

export type DashboardDeps = PipelineDeps & {
  readonly sealing: Sealing;
  readonly reads: PageReads;
  readonly contracts: ContractStore;
  readonly loader: ContractLoader;
  readonly unitOfWork: UnitOfWork;
  readonly approvals: ApprovalStore;
  readonly promotions: PromotionStore;
  readonly target: Pick<PromotionTarget, 'migration'>;
  readonly glass: GlassStore;
  readonly incidents: Pick<IncidentReads, 'open'>;
  readonly postIncident: Pick<ReviewStore, 'overdue'>;
  readonly attempts: Pick<AttemptStore, 'waiting'>;
  readonly runs: Pick<RunStore, 'now' | 'authors'>;
  readonly redrives: Pick<RedriveStore, 'awaiting'>;
  readonly reveals: RevealStore;
  readonly looks: LookStore;
  readonly views: SavedViewStore;
  readonly budgets: BudgetStore;
  readonly sagas: SagaReads;
  readonly replays: ReplayStore;
  readonly callBounded: CallBounded;
  readonly sha256: Sha256;
  readonly probes: readonly DependencyProbe[];
  readonly noticeChannels: () => Promise<readonly ChannelState[]>;
  readonly witnesses: readonly NoteKey[];
  readonly checkpointSinks: () => Promise<readonly SinkState[]>;
  /** Why what runs could switch off the rules that the database keeps; null: it can't. */
  readonly unruly: () => Promise<string | null>;
  readonly versionOf: VersionOf;
};

/** As the page of approvals lists it for this reader. */
async function readWaits(
  deps: DashboardDeps,
  reader: Parameters<DashboardQueries['waiting']>[0],
): Promise<Waits> {
  const [replays, promotions, steps, redrives, reviews] = await Promise.all([
    readWaiting(deps, reader),
    createPromotionQueries(deps).waitingPromotions(reader),
    // Of a step its title is taken, and no value.
    readWaitingAttempts(deps, { ...reader, rights: [] }),
    readWaitingRedrives(deps, reader),
    deps.unitOfWork.run((tx) => deps.glass.openReviews(tx, LISTED)),
  ]);
  return {
    replays,
    promotions,
    steps,
    redrives,
    reviews: reviews.map((glass) => ({ ...glass, whyNot: whyNotReview(glass, reader) })),
  };
}

/** The contract of a stored version. Throws RepriseError contract-version-not-found. */
type VersionOf = (contractId: string, version: number) => Promise<EngineContract>;

/** What a contract's own code may take of a page. */
const PAGE_MS = 2_000;

/** Everything that pages and the command line ask. */
export function createDashboardQueries(
  given: Omit<DashboardDeps, 'versionOf'>,
): Omit<DashboardQueries, keyof DeliveryQueries> {
  const deps: DashboardDeps = { ...given, versionOf: rememberVersions(given) };
  const { reads, clock } = deps;
  return {
    ...reads,
    ...createPromotionQueries(deps),
    ...createBudgetQueries(deps),
    ...createSagaQueries(deps),
    glassOf: (kind, subjectId, planHash) =>
      deps.unitOfWork.run((tx) => deps.glass.of(tx, kind, subjectId, planHash)),
    openReviews: () => deps.unitOfWork.run((tx) => deps.glass.openReviews(tx, 200)),
    savedViews: (personId, page) => listViews(deps, personId, page),
    waiting: (reader) => readWaiting(deps, reader),
    review: (replayId, reader) => readReview(deps, replayId, reader),
    approval: (replayId, reader) => readApproval(deps, replayId, reader),
    evidence: (filter, page, viewer) =>
      reads.evidence({ ...filter, searchWords: viewer.rights.includes('evidence') }, page),
    async freshEvidence(filter, after, viewer) {
      const asked = { ...filter, searchWords: viewer.rights.includes('evidence') };
      if (after === null) return (await reads.evidence(asked, { limit: 100 })).rows.length;
      const since = filter.since === undefined || filter.since < after.at ? after.at : filter.since;
      const { rows } = await reads.evidence({ ...asked, since }, { limit: 100 });
      return rows.filter((row) => row.recordedAt > after.at || row.id > after.id).length;
    },
    evidenceHistory: (contractId) => readEvidenceHistory(reads, contractId, clock.now()),
    async evidenceView(id) {
      const record = await reads.evidenceRecord(id);
      return record === null ? null : toEvidenceView(record);
    },
    async evidenceRecord(id, viewer) {
      const record = await reads.evidenceRecord(id);
      const remarks = record?.remarks ?? null;
      if (record === null || remarks === null || !mayQuoteValues(remarks)) return record;
      return (await isHidden(deps, record, viewer)) ? { ...record, remarks: maskRemarks(remarks) } : record;
    },
    async evidenceAttachment(id, name, viewer) {
      const [record, text] = await Promise.all([
        reads.evidenceRecord(id),
        reads.evidenceAttachment(id, name),
      ]);
      if (record === null || text === null) return null;
      if (name === rowsName) await refuseHidden(deps, record, viewer, 'These rows hold values');
      if (name === remarksName && record.remarks !== null && mayQuoteValues(record.remarks))
        await refuseHidden(deps, record, viewer, 'These remarks may quote values');
      if (name === resultName && holdsValues(text)) refuseUnseeing(viewer);
      return { name, text, check: checkAttachment(record, { name, sha256: deps.sha256(text) }) };
    },
    evidenceLog: () => readLogView(deps),
    contractProblems: () => reads.problems(),
    async overview(reader) {
      const [
        standings,
        running,
        problems,
        workers,
        promotions,
        channels,
        waits,
        incidents,
        unruly,
        ages,
        logAudit,
        unsigned,
        sinks,
        fork,
        lateActions,
      ] = await Promise.all([
        reads.standings(),
        reads.runningReplays(),
        reads.problems(),
        reads.workers(),
        createPromotionQueries(deps).promotions({}, { limit: 100 }),
        deps.noticeChannels(),
        readWaits(deps, reader),
        deps.unitOfWork.run((tx) => deps.incidents.open(tx, 20)),
        deps.unruly(),
        reads.evidenceAges(),
        deps.unitOfWork.run((tx) => deps.sealing.log.latestAudit(tx)),
        deps.unitOfWork.run(async (tx) => {
          const { log } = deps.sealing;
          return log.unsignedSince(tx, (await log.latestCheckpoint(tx))?.size ?? 0);
        }),
        deps.checkpointSinks(),
        deps.unitOfWork.run((tx) => deps.sealing.log.latestFork(tx)),
        deps.unitOfWork.run((tx) => deps.postIncident.overdue(tx, null)),
      ]);
      return composeOverview(
        {
          standings,
          running,
          problems,
          workers,
          promotions: promotions.rows,
          channels,
          waits,
          incidents,
          unruly,
          ages,
          logAudit,
          unsigned,
          sinks,
          fork,
          lateActions,
        },
        clock.now(),
      );
    },
    async pipeline(contractId) {
      const stored = await deps.contracts.latest(contractId);
      if (stored === null)
        throw new RepriseError('contract-not-found', `No contract "${contractId}" is registered.`);
      const [contract, proof] = await Promise.all([
        loadStored(deps, stored),
        reads.standing(contractId, undefined),
      ]);
      return readPipeline(deps, contract, proof);
    },
    async replay(id, viewer) {
      const found = await reads.replay(id);
      if (found === null) return null;
      return (await hiddenOf(deps, viewer, found)) === null ? found : maskReplay(found);
    },
    async findings(replayId, kind, page, viewer) {
      const [replay, found] = await Promise.all([
        reads.replay(replayId),
        reads.findings(replayId, kind, page),
      ]);
      if (replay === null || (await hiddenOf(deps, viewer, replay)) === null) return found;
      return { ...found, rows: found.rows.map(maskFinding) };
    },
    async compareReplays(before, after, viewer) {
      const found = await compareReplays(reads, before, after);
      if (found === null) return null;
      const shown = await hiddenOf(deps, viewer, found.before, found.after);
      if (shown === null) return found;
      const { discrepancies } = found;
      return {
        ...found,
        before: maskReplay(found.before),
        after: maskReplay(found.after),
        discrepancies: discrepancies && {
          ...discrepancies,
          rows: discrepancies.rows.map((row) => maskDiscrepancyChange(row, shown)),
        },
      };
    },
    async hiddenValues(contractId, viewer) {
      const stored = await deps.contracts.latest(contractId);
      if (stored === null)
        throw new RepriseError('contract-not-found', `There is no contract ${contractId}.`);
      const { hidden } = shownFields(await loadStored(deps, stored));
      const until = await deps.unitOfWork.run((tx) => deps.reveals.until(tx, viewer.id, contractId));
      return { hidden, until };
    },
    states: (contractId, replayId) => readStates(deps, contractId, replayId),
    async stateRows(contractId, filter, page, viewer) {
      const found = await findStanding(deps, contractId, filter.replayId);
      if (found === null) return { rows: [], next: null };
      const { standing, contract } = found;
      const keys = await reads.keyRows(standing.replay.id, filter, page);
      const rows = deps.callBounded('the expected values of a page of keys', PAGE_MS, () =>
        keys.rows.map((row) => toStateRow(row, contract, standing.comparisons, standing.historyEnd)),
      );
      const shown = await hiddenOf(deps, viewer, standing.replay);
      const hidesCauses = shown === null && (await revealedUntil(deps, contractId, viewer)) === null;
      const asSeen = (row: StateRow) =>
        shown !== null ? maskRow(row, shown) : hidesCauses ? hideCausesOfRow(row) : row;
      return { rows: rows.map(asSeen), next: keys.next };
    },
    async key(contractId, replayId, key, viewer) {
      const found = await readKey(deps, contractId, replayId, key);
      if (found === null) return null;
      const shown = await hiddenOf(deps, viewer, found.replay);
      if (shown === null)
        return (await revealedUntil(deps, contractId, viewer)) === null ? hideCausesOfKey(found) : found;
      const steps = found.trace.steps.map((step) => maskStep(step, shown));
      // A whole state is a payload: of it nothing says what may be shown.
      return {
        ...found,
        comparisons: found.comparisons.map(maskComparison),
        row: maskRow(found.row, shown),
        state: HIDDEN,
        trace: { ...found.trace, steps },
      };
    },
    health: rememberHealth(clock, () => readHealth(clock, reads, deps.probes)),
  };
}

/** What to hide of what these have found; null: nothing. What the newest version hides is hidden in all of them. */
async function hiddenOf(
  deps: DashboardDeps,
  viewer: Viewer,
  ...found: readonly { readonly contractId: string; readonly contractVersion: number }[]
): Promise<Shown | null> {
  const [first] = found;
  if (first === undefined) return null;
  const { contractId } = first;
  const newest = await deps.contracts.latest(contractId);
  const versions = await Promise.all([
    ...found.map((each) => deps.versionOf(each.contractId, each.contractVersion)),
    ...(newest === null ? [] : [deps.versionOf(contractId, newest.version)]),
  ]);
  return hiddenFrom(deps, contractId, versions, viewer);
}

const hideCausesOfKey = (found: KeyView): KeyView => ({
  ...found,
  row: hideCausesOfRow(found.row),
  trace: { ...found.trace, steps: found.trace.steps.map(hideCausesOfStep) },
});

/** As in the run itself: whoever does steps, or decides about them, sees what they are done with. */
function refuseUnseeing({ rights }: Viewer): void {
  if (rights.includes('respond') || rights.includes('approve')) return;
  throw new RepriseError(
    'forbidden',
    'The result of this step holds values of an event, which are for those who respond to incidents or approve.',
    { where: 'name' },
  );
}

/** Whether the contract of a record's replay hides from this viewer what stands beside the record. */
async function isHidden(deps: DashboardDeps, { replayId }: EvidenceDetail, viewer: Viewer): Promise<boolean> {
  const replay = replayId === null ? null : await deps.reads.replay(replayId);
  return replay === null || (await hiddenOf(deps, viewer, replay)) !== null;
}

/**
 * Rows of a promotion hold values, and words of a contract's code or of a database may quote them, so they are read by
 * whoever has revealed these, and by no token.
 */
async function refuseHidden(
  deps: DashboardDeps,
  record: EvidenceDetail,
  viewer: Viewer,
  what: string,
): Promise<void> {
  if (!(await isHidden(deps, record, viewer))) return;
  throw new RepriseError(
    'forbidden',
    `${what} that their contract hides. Reveal the values of the contract (on the page of its states), then read them within half an hour; a token can not.`,
    { where: 'name' },
  );
}

/** A version never changes once it is stored, so its bundle is fetched once a process. */
function rememberVersions(deps: Pick<DashboardDeps, 'contracts' | 'loader'>): VersionOf {
  const known = new Map<string, Promise<EngineContract>>();
  return (contractId, version) => {
    const name = `${contractId} version ${version}`;
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    const loading = deps.contracts.version(contractId, version).then((stored) => {
      if (stored !== null) return loadStored(deps, stored);
      throw new RepriseError('contract-version-not-found', `${name} is not stored.`);
    });
    known.set(name, loading);
    loading.catch(() => known.delete(name));
    return loading;
  };
}

function loadStored(
  deps: Pick<DashboardDeps, 'loader'>,
  stored: StoredContractVersion,
): Promise<EngineContract> {
  const file = `${stored.contractId} version ${stored.version}`;
  return loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
}

/** The replay that stands for history, with the contract version that it ran; null where there is none. */
async function findStanding(
  deps: DashboardDeps,
  contractId: string,
  replayId: string | undefined,
): Promise<{ standing: Standing; contract: EngineContract } | null> {
  const standing = await deps.reads.standing(contractId, replayId);
  if (standing === null) return null;
  return { standing, contract: await deps.versionOf(contractId, standing.replay.contractVersion) };
}

async function readStates(
  deps: DashboardDeps,
  contractId: string,
  replayId: string | undefined,
): Promise<StatesView | null> {
  const stored = await deps.contracts.latest(contractId);
  if (stored === null) return null;
  const found = await findStanding(deps, contractId, replayId);
  if (found === null && replayId !== undefined) return null;
  const newest = await deps.versionOf(contractId, stored.version);
  const contract = found?.contract ?? newest;
  const all = found?.standing.comparisons ?? [];
  const comparisons = shownByAll([contract, newest]).hidden.length === 0 ? all : all.map(maskComparison);
  return {
    contractId,
    contractTitle: contract.title,
    replay: found?.standing.replay ?? null,
    erasures: found === null ? [] : await deps.reads.erasuresOf(found.standing.replay.id),
    historyEnd: found?.standing.historyEnd ?? [],
    comparisons,
    fields: Object.entries(contract.derivedStates).map(([derivedState, { title, fields }]) => ({
      derivedState,
      title,
      fields: Object.keys(fields),
    })),
    keysTotal: keysCompared(comparisons),
    keysDiffering: found?.standing.replay.discrepancies ?? 0,
    unexplained: found?.standing.unexplained ?? 0,
  };
}

async function readKey(
  deps: DashboardDeps,
  contractId: string,
  replayId: string | undefined,
  key: string,
): Promise<KeyView | null> {
  const found = await findStanding(deps, contractId, replayId);
  if (found === null) return null;
  const { standing, contract } = found;
  const [row, trace, workers] = await Promise.all([
    deps.reads.keyRow(standing.replay.id, key),
    deps.reads.trace(standing.replay.id, key),
    deps.reads.workers(),
  ]);
  if (row === null) {
    const erasure = await deps.reads.erasureOfKey(standing.replay.id, key);
    if (erasure === null) return null;
    throw new RepriseError(
      'rows-erased',
      `What replay ${standing.replay.id} held of this key, if anything, was erased on ${erasure.at.slice(0, 16).replace('T', ' ')} UTC (${erasure.by}): ${erasure.reason}`,
      { where: standing.replay.id },
    );
  }
  // Written by the worker in this form.
  const steps = (trace?.steps ?? []) as readonly TraceStep[];
  return {
    replay: standing.replay,
    erasures: await deps.reads.erasuresOf(standing.replay.id),
    historyEnd: standing.historyEnd,
    comparisons: standing.comparisons,
    row: deps.callBounded('the expected values of a key', PAGE_MS, () =>
      toStateRow(row, contract, standing.comparisons, standing.historyEnd),
    ),
    partition: row.partition,
    state: row.state ?? null,
    trace: {
      status: trace?.status ?? 'none',
      problem: trace?.problem ?? null,
      steps: markExplaining(steps, row.discrepancies),
    },
    workersAlive: workers.alive,
  };
}
