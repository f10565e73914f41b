import type { DerivedState, EngineContract } from '../../domain/contract/index.ts';
import {
  type Change,
  type PromotionPlace,
  type PromotionPlan,
  promotionPlanText,
} from '../../domain/promotion/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost, refuseStale } from '../approval/refuse-stale.ts';
import type { ReplayRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { loadBundle } from '../replay/open-contract.ts';
import { type ChangesAsked, changesAsked, type SizedChange, undoingOf } from './changes-asked.ts';
import type { PromotionCommandDeps } from './deps.ts';
import { digestOfChanges } from './diff-digest.ts';
import { tellOfPromotion } from './record-promotion.ts';

export type PromotionRequest = ChangesAsked & {
  /** Its id, where whoever asks has to find it again; left out: a new one. */
  readonly promotionId?: string;
  readonly reason: string;
  readonly actor: string;
  readonly sessionId: string | null;
  /** It was looked at, when they asked a worker to do this, that they sat there and had proven of late who they are. */
  readonly provenWhenAsked?: true;
};

export type Requested = { readonly promotionId: string; readonly status: string };

/**
 * Asks for a promotion of what a replay has found: the keys and fields of one derived state, as they were compared.
 * Asking again for the same answers the one that there is. Nothing is written before others have approved it.
 */
export async function requestPromotion(
  deps: PromotionCommandDeps,
  request: PromotionRequest,
): Promise<Requested> {
  const { replay, contract, state } = await promotableState(deps, request.replayId, request.derivedState);
  // What a finished replay has found stays as it is.
  const changes = await deps.unitOfWork.run((tx) =>
    changesAsked(deps, tx, request, Object.keys(state.fields)),
  );
  await deps.target.check(state, waysOf(changes));
  return deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, request.actor, 'promote');
    if (request.provenWhenAsked !== true) await refuseStale(deps, tx, request.sessionId);
    return ask(deps, tx, { request, replay, contract, state, changes, undoes: null });
  });
}

/** Of what may be promoted at all: the replay, and the derived state that its rows would be written into. */
export async function promotableState(
  deps: PromotionCommandDeps,
  replayId: string,
  name: string,
): Promise<Pick<Asked, 'replay' | 'contract' | 'state'>> {
  const replay = await promotableReplay(deps, replayId);
  const found = await derivedStateOf(deps, replay, name);
  await refuseUnpositioned(deps, replay, name);
  return { replay, ...found };
}

export type UndoRequest = {
  readonly promotionId: string;
  readonly reason: string;
  readonly actor: string;
  readonly sessionId: string | null;
};

/** Asks for the rows from before a promotion, with what has happened since folded onto them. */
export async function requestUndo(deps: PromotionCommandDeps, request: UndoRequest): Promise<Requested> {
  const { found, wanted } = await deps.unitOfWork.run(async (tx) => ({
    found: await deps.promotions.find(tx, request.promotionId),
    wanted: await undoingOf(deps, tx, request.promotionId),
  }));
  if (found === null)
    throw new RepriseError('promotion-not-found', `There is no promotion ${request.promotionId}.`);
  const replay = await promotableReplay(deps, found.replayId);
  const { contract, state } = await derivedStateOf(deps, replay, found.derivedState);
  await deps.target.check(state, waysOf(wanted), true);
  return deps.unitOfWork.run(async (tx) => {
    const promotion = await deps.promotions.lock(tx, request.promotionId);
    await refuseLost(deps, tx, request.actor, 'promote');
    await refuseStale(deps, tx, request.sessionId);
    if (promotion?.status !== 'promoted') throw conflict('Only what has been promoted can be undone.');
    if (promotion.undoneBy !== null) throw conflict('It has been undone already.');
    if (promotion.undoes !== null)
      throw conflict('It is an undoing itself: promote what the replay says instead.');
    if ((await deps.promotions.countChanges(tx, promotion.id)) < promotion.plan.keys)
      throw conflict('Rows of it were erased, so what was there before can’t be brought back.');
    const changes = await undoingOf(deps, tx, promotion.id);
    if (changes.length === 0) throw conflict('It has written no row, so there is nothing to undo.');
    const { reason, actor } = request;
    const asked = { derivedState: promotion.derivedState, reason, actor };
    return ask(deps, tx, { request: asked, replay, contract, state, changes, undoes: promotion.id });
  });
}

const wayOf = { missing: 'insert', extra: 'delete', different: 'update' } as const;
export const waysOf = (changes: readonly Pick<Change, 'kind'>[]) =>
  new Set(changes.map(({ kind }) => wayOf[kind]));

type Asked = {
  readonly request: Pick<PromotionRequest, 'promotionId' | 'derivedState' | 'reason' | 'actor'>;
  readonly replay: Promotable;
  readonly contract: EngineContract;
  readonly state: DerivedState<unknown>;
  readonly changes: readonly SizedChange[];
  readonly undoes: string | null;
};

async function ask(
  deps: PromotionCommandDeps,
  tx: Transaction,
  { request, replay, contract, state, changes, undoes }: Asked,
): Promise<Requested> {
  if (request.reason.trim() === '')
    throw new RepriseError('input-invalid', 'A promotion has a reason.', { where: 'reason' });
  const plan: PromotionPlan = {
    format: 'reprise.promotion/v1',
    contract: replay.plan.contract,
    replay: {
      id: replay.id,
      planHash: replay.planHash,
      shadowDigest: replay.shadowDigest,
      evidenceId: replay.evidenceId,
    },
    derivedState: request.derivedState,
    target: placeOf(state),
    keys: changes.length,
    fields: changes.reduce((sum, { fields }) => sum + fields.length, 0),
    diffDigest: digestOfChanges(deps, changes),
    approvalsNeeded: Math.max(1, contract.approvals.promotion),
    undoes,
  };
  const planText = promotionPlanText(plan);
  const planHash = deps.sha256(planText);
  // One after the other, so that the second one finds the first.
  await deps.replays.lock(tx, replay.id);
  const same = await deps.promotions.findByPlan(tx, planHash);
  if (same !== null) return { promotionId: same.id, status: same.status };
  const id = request.promotionId ?? deps.newId();
  await deps.promotions.insert(
    tx,
    {
      id,
      contractId: replay.contractId,
      contractVersion: replay.contractVersion,
      replayId: replay.id,
      derivedState: request.derivedState,
      planText,
      planHash,
      requestedBy: request.actor,
      reason: request.reason.trim(),
      undoes,
    },
    changes,
  );
  await deps.audit.append(tx, {
    actor: request.actor,
    action: undoes === null ? 'promotion.requested' : 'promotion.undo-requested',
    subject: `promotion:${id}`,
    outcome: 'done',
    detail: {
      replayId: replay.id,
      derivedState: request.derivedState,
      planHash,
      keys: plan.keys,
      fields: plan.fields,
      reason: request.reason.trim(),
      ...(undoes === null ? {} : { undoes }),
    },
  });
  await tellOfPromotion(
    deps,
    tx,
    {
      id,
      contractId: replay.contractId,
      contractVersion: replay.contractVersion,
      requestedBy: request.actor,
    },
    { kind: 'waiting', audience: ['approvers'] },
  );
  for (const topic of ['promotions', 'approvals', `replay:${replay.id}`]) await deps.live.notify(tx, topic);
  return { promotionId: id, status: 'awaiting-approval' };
}

function placeOf(state: DerivedState<unknown>): PromotionPlace {
  return state.kind === 'kafka'
    ? { topic: state.topic, consumerGroup: state.consumerGroup }
    : { connection: state.connection, table: state.table, key: state.key };
}

type Promotable = ReplayRow & {
  readonly plan: NonNullable<ReplayRow['plan']>;
  readonly planHash: string;
  readonly shadowDigest: string;
  readonly evidenceId: string;
};

const conflict = (sentence: string) => new RepriseError('promotion-conflict', sentence);

/** Only a state that is trusted, recorded as that, and of the whole history, is worth writing anywhere. */
async function promotableReplay(deps: PromotionCommandDeps, replayId: string): Promise<Promotable> {
  const { row, erased } = await deps.unitOfWork.run(async (tx) => ({
    row: await deps.replays.find(tx, replayId),
    erased: await deps.replays.erasedWhy(tx, replayId),
  }));
  if (row === null) throw new RepriseError('replay-not-found', `There is no replay ${replayId}.`);
  const { plan, planHash, shadowDigest, evidenceId, confidence } = row;
  if (row.status !== 'finished' || !plan || !planHash || !shadowDigest || !evidenceId)
    throw conflict(`Replay ${replayId} is ${row.status}: only what a finished replay says can be promoted.`);
  if (confidence !== 'trusted')
    throw conflict(
      `What replay ${replayId} says is ${confidence ?? 'not judged'}, and only a trusted state can be promoted.`,
    );
  if (erased !== null)
    throw conflict(
      `${erased.charAt(0).toUpperCase()}${erased.slice(1)}. What is left of it is not what is on record: replay again, and promote what that comes to.`,
    );
  // A key may have events in a partition that was not read, and only reading it tells.
  if (plan.ranges.length < plan.history.partitionCount)
    throw conflict(
      `Replay ${replayId} has read ${plan.ranges.length} of ${plan.history.partitionCount} partitions, and a key may have events in the others. Replay all of them, and promote what that comes to.`,
    );
  return { ...row, plan, planHash, shadowDigest, evidenceId };
}

async function derivedStateOf(
  deps: PromotionCommandDeps,
  replay: Promotable,
  name: string,
): Promise<{ readonly contract: EngineContract; readonly state: DerivedState<unknown> }> {
  const stored = await deps.contracts.version(replay.contractId, replay.contractVersion);
  if (stored === null)
    throw new RepriseError(
      'contract-version-not-found',
      `Version ${replay.contractVersion} of contract ${replay.contractId} is not stored.`,
    );
  const latest = await deps.contracts.latest(replay.contractId);
  if (latest !== null && latest.digest !== stored.digest)
    throw conflict(
      `The replay ran version ${replay.contractVersion} of the contract, and version ${latest.version} is registered by now. Replay it, and promote what that comes to.`,
    );
  const file = `${stored.contractId} version ${stored.version}`;
  const contract = await loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
  const state = contract.derivedStates[name];
  if (state === undefined)
    throw new RepriseError('input-invalid', `${replay.contractId} has no derived state ${name}.`, {
      where: 'derivedState',
    });
  return { contract, state };
}

async function refuseUnpositioned(
  deps: PromotionCommandDeps,
  replay: Promotable,
  name: string,
): Promise<void> {
  const comparisons = await deps.unitOfWork.run((tx) => deps.results.comparisons(tx, replay.id));
  const comparison = comparisons.find((each) => each.derivedState === name);
  if (comparison === undefined || comparison.outcome === 'could-not-compare')
    throw conflict(`The replay did not compare ${name}, so it says nothing about its rows.`);
  if (comparison.mode !== 'at-position')
    throw new RepriseError(
      'promotion-target-unfit',
      `${name} says no applied position, so nothing tells which events its rows hold. docs/promotion.md says what it needs.`,
    );
}
