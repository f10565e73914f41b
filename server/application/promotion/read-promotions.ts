import { z } from 'zod';
import { counts, standingOf, whyNotDecide } from '../../domain/approval/index.ts';
import { whyNotUnknown } from '../../domain/promotion/index.ts';
import { decodeCursor, timeAndId, toPage } from '../../domain/shared/cursors.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { maskChange, maskChecks, type Shown } from '../dashboard/masking.ts';
import { hiddenFrom } from '../dashboard/reveal-values.ts';
import type { PageRequest } from '../ports/dashboard.ts';
import type { Person } from '../ports/people.ts';
import type { OpenPromotions, PromotionRow } from '../ports/promotions.ts';
import type { Viewer } from '../ports/reveals.ts';
import { loadBundle } from '../replay/open-contract.ts';
import type { Page } from '../views.ts';
import type { PromotionReadDeps } from './deps.ts';
import { versionsThatHide } from './hiding-versions.ts';
import type {
  PromotionChangeView,
  PromotionDetail,
  PromotionSummary,
  WaitingPromotionView,
} from './views.ts';

type Reader = Pick<Person, 'id' | 'email' | 'roles'>;
const SHOWN = 200;
// PostgreSQL's text holds no NUL, so no key that was given out has one. How much a key is off by stands in no cursor:
// it may be hidden, and who made up cursors could search for it.
const lastKey = z.tuple([z.string().regex(/^[^\0]*$/)]);

/** What pages ask about promotions. */
export type PromotionQueries = {
  promotions(
    filter: { readonly contractId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<PromotionSummary>>;
  /** null where there is none. */
  promotion(id: string, reader: Reader & Viewer): Promise<PromotionDetail | null>;
  /** The largest first. */
  promotionChanges(id: string, page: PageRequest, viewer: Viewer): Promise<Page<PromotionChangeView>>;
  openPromotions(): Promise<OpenPromotions>;
  promotionsOf(replayId: string): Promise<readonly PromotionSummary[]>;
  waitingPromotions(reader: Reader): Promise<readonly WaitingPromotionView[]>;
  /** What the owner of a derived state's tables runs once, before anything can be promoted into it. */
  promotionMigration(contractId: string, derivedState: string, role: string): Promise<string>;
};

export function createPromotionQueries(deps: PromotionReadDeps): PromotionQueries {
  const { promotions, unitOfWork } = deps;
  return {
    async promotions({ contractId }, { cursor, limit }) {
      const before = cursor === undefined ? undefined : decodeCursor(cursor, timeAndId);
      const found = await unitOfWork.run((tx) => promotions.list(tx, { contractId, before }, limit + 1));
      const { rows, next } = toPage(found, limit, (row) => [row.requestedAt.toISOString(), row.id]);
      return { rows: rows.map(toSummary), next };
    },
    promotion: (id, reader) => readPromotion(deps, id, reader),
    async promotionChanges(id, { cursor, limit }, viewer) {
      const [after] = cursor === undefined ? [undefined] : decodeCursor(cursor, lastKey);
      const { row, found } = await unitOfWork.run(async (tx) => ({
        row: await promotions.find(tx, id),
        found: await promotions.largestChanges(tx, id, limit + 1, after),
      }));
      const shown = row === null ? null : await hiddenOf(deps, row, viewer);
      const page = toPage(found, limit, (each) => [each.key]);
      if (shown === null || row === null) return page;
      return { ...page, rows: page.rows.map((each) => maskChange(each, row.derivedState, shown)) };
    },
    openPromotions: () => unitOfWork.run((tx) => promotions.countOpen(tx)),
    async promotionsOf(replayId) {
      return (await unitOfWork.run((tx) => promotions.ofReplay(tx, replayId))).map(toSummary);
    },
    async promotionMigration(contractId, derivedState, role) {
      const stored = await deps.contracts.latest(contractId);
      if (stored === null)
        throw new RepriseError('contract-not-found', `There is no contract ${contractId}.`);
      const file = `${contractId} version ${stored.version}`;
      const contract = await loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
      const state = contract.derivedStates[derivedState];
      if (state === undefined)
        throw new RepriseError(
          'input-invalid',
          `${contractId} has no derived state ${derivedState}; it has ${Object.keys(contract.derivedStates).join(', ')}.`,
          { where: 'derivedState' },
        );
      return deps.target.migration(state, role);
    },
    async waitingPromotions(reader) {
      const { now, waiting } = await unitOfWork.run(async (tx) => ({
        now: await deps.approvals.now(tx),
        waiting: await promotions.waiting(tx, SHOWN),
      }));
      return waiting.map(({ row, authors, decisions }) => {
        const request = requestOf(row, authors);
        return {
          ...toSummary(row),
          standing: standingOf(request, decisions, now),
          whyNot: whyNotDecide(reader, request, decisions, now),
        };
      });
    },
  };
}

/** What to hide of the changes of a promotion; null: nothing. */
async function hiddenOf(deps: PromotionReadDeps, row: PromotionRow, viewer: Viewer): Promise<Shown | null> {
  const contracts = await versionsThatHide(deps, row);
  return hiddenFrom(deps, row.contractId, contracts, viewer);
}

/** What was found afterwards may quote values, as what a replay finds does. */
async function outcomeTo(
  deps: PromotionReadDeps,
  row: PromotionRow,
  viewer: Viewer,
): Promise<PromotionRow['outcome']> {
  const { outcome } = row;
  if (outcome === null || outcome.after === null || (await hiddenOf(deps, row, viewer)) === null)
    return outcome;
  return { ...outcome, after: maskChecks(outcome.after) };
}

async function readPromotion(
  deps: PromotionReadDeps,
  id: string,
  reader: Reader & Viewer,
): Promise<PromotionDetail | null> {
  const { now, row, decisions } = await deps.unitOfWork.run(async (tx) => ({
    now: await deps.approvals.now(tx),
    row: await deps.promotions.find(tx, id),
    decisions: await deps.approvals.of(tx, id, 'promotion'),
  }));
  if (row === null) return null;
  const [version, latest, erasures, kept] = await Promise.all([
    deps.contracts.version(row.contractId, row.contractVersion),
    deps.contracts.latest(row.contractId),
    deps.reads.erasuresOf(row.replayId),
    deps.unitOfWork.run((tx) => deps.promotions.countChanges(tx, id)),
  ]);
  const request = requestOf(row, version?.authors ?? []);
  const waits = row.status === 'awaiting-approval';
  const newer = latest !== null && version !== null && latest.digest !== version.digest;
  return {
    ...toSummary(row),
    plan: row.plan,
    planHash: row.planHash,
    erasures,
    rowsErased: kept < row.plan.keys,
    outcome: await outcomeTo(deps, row, reader),
    unknown:
      row.status !== 'running' || row.problemSince === null
        ? null
        : {
            since: row.problemSince.toISOString(),
            // With the decisions left out: whoever approved it may say this too.
            whyNot: whyNotUnknown(row, now) ?? whyNotDecide(reader, request, [], now),
          },
    approval: {
      planHash: row.planHash,
      requestedBy: row.requestedBy,
      standing: standingOf(request, decisions, now),
      decisions: decisions.map((decision) => ({ ...decision, counts: counts(decision, row.planHash, now) })),
      authors: request.authors,
      newerVersion: newer ? latest.version : null,
      whyNot: waits
        ? whyNotDecide(reader, request, decisions, now)
        : 'It does not wait for approval any more.',
    },
  };
}

function requestOf(row: PromotionRow, authors: readonly string[]) {
  return {
    planHash: row.planHash,
    requestedBy: row.requestedBy,
    approvalsNeeded: row.plan.approvalsNeeded,
    authors,
  };
}

function toSummary(row: PromotionRow): PromotionSummary {
  return {
    id: row.id,
    contractId: row.contractId,
    contractVersion: row.contractVersion,
    replayId: row.replayId,
    derivedState: row.derivedState,
    keys: row.plan.keys,
    fields: row.plan.fields,
    status: row.status,
    requestedBy: row.requestedBy,
    requestedAt: row.requestedAt.toISOString(),
    reason: row.reason,
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    failure:
      row.failureCode === null
        ? null
        : {
            code: row.failureCode,
            sentence: row.failure || `What was said of it was erased; its code is ${row.failureCode}.`,
          },
    undoes: row.undoes,
    undoneBy: row.undoneBy,
    written: row.outcome?.written ?? null,
    alreadyRight: row.outcome?.alreadyRight ?? null,
    changed: row.outcome?.changed ?? null,
    evidenceId: row.evidenceId,
    problem:
      row.problem === null ? null : { sentence: row.problem, retryAt: row.retryAt?.toISOString() ?? null },
  };
}
