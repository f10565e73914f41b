import type { Scope, Waiver } from '../../domain/replay/index.ts';
import { canonicalJson } from '../../domain/shared/canonical-json.ts';
import { counted } from '../../domain/shared/counted.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { StoredContractVersion } from '../ports/contracts.ts';
import type { Job } from '../ports/jobs.ts';
import type { CommandDeps } from './deps.ts';
import { newestRule } from './newest-rule.ts';
import { loadBundle, withHistory } from './open-contract.ts';
import { planReplay, type ResolvedPlan, storedVersion } from './plan-replay.ts';
import { whyStale } from './preview-plan.ts';
import { endReplay, noteFailure } from './write-evidence.ts';

export type LaunchRequest = {
  /** Its id, where whoever asks has to find it again, or may ask twice; left out: a new one. */
  readonly replayId?: string | undefined;
  readonly contractId: string;
  readonly scope: Scope;
  readonly version?: number | undefined;
  readonly planHash?: string | undefined;
  readonly rateLimit?: number | undefined;
  readonly reason: string;
  /** Ask for an approval also where the contract needs none; a plan that was shown says it itself. */
  readonly review?: boolean | undefined;
  /** Records that may be quarantined; a plan that was shown names them itself. */
  readonly waivers?: readonly Waiver[] | undefined;
  readonly actor: string;
};

type Launched = { readonly replayId: string; readonly planHash: string | null; readonly status: string };

/**
 * Freezes a plan and queues it, or records that it was refused. A previewed plan is launched exactly as it was
 * shown, as long as the history still holds what it names; without one the scope is resolved now.
 */
export async function launchReplay(deps: CommandDeps, request: LaunchRequest): Promise<Launched> {
  if ((request.waivers ?? []).length > 0 && request.reason.trim() === '')
    throw new RepriseError('input-invalid', 'Waiving records has a reason: say why they may be missing.', {
      where: 'reason',
    });
  const first = await launchedAlready(deps, request);
  if (first !== null) return first;
  const stored = await storedVersion(deps, request.contractId, request.version);
  if (request.planHash !== undefined) {
    const resolved = await previewedPlan(deps, stored, request.planHash);
    refuseLess(request, resolved);
    return queue(deps, request, stored, resolved);
  }
  let resolved: ResolvedPlan;
  try {
    resolved = await planReplay(deps, stored, request.scope, request);
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return refuse(deps, request, stored, error);
  }
  return queue(deps, request, stored, resolved);
}

/**
 * What was launched under this id before, so that who has not heard the answer may ask again; null: nothing was.
 * Throws RepriseError replay-id-taken where that was something else.
 */
async function launchedAlready(deps: CommandDeps, request: LaunchRequest): Promise<Launched | null> {
  const { replayId, contractId, scope, planHash, actor } = request;
  if (replayId === undefined) return null;
  const found = await deps.unitOfWork.run((tx) => deps.replays.find(tx, replayId));
  if (found === null) return null;
  const isSame =
    found.requestedBy === actor &&
    found.contractId === contractId &&
    canonicalJson(found.scope) === canonicalJson(scope) &&
    (planHash === undefined || found.planHash === planHash);
  if (isSame) return { replayId, planHash: found.planHash, status: found.status };
  throw new RepriseError(
    'replay-id-taken',
    'Under the id of this request another plan was launched already, or by somebody else. This one was not launched: look at the other, then launch this one under a new id.',
    { where: replayId },
  );
}

/** What was asked for stands in the plan that was shown, or another one was shown. */
function refuseLess({ scope, review, waivers = [] }: LaunchRequest, { plan }: ResolvedPlan): void {
  if (canonicalJson(plan.scope) !== canonicalJson(scope)) throw notShown('scope differs');
  const places = (list: readonly Waiver[]) =>
    new Set(list.map(({ partition, offset }) => `${partition}:${offset}`));
  const shown = places(plan.waivers ?? []);
  const asked = places(waivers);
  const isLess = review === true && plan.approvalsNeeded === 0;
  if (!isLess && shown.size === asked.size && [...asked].every((place) => shown.has(place))) return;
  throw notShown('approvals or waivers differ');
}

const notShown = (difference: string) =>
  new RepriseError(
    'replay-state-conflict',
    `The plan that was shown is not the one that is asked for now: its ${difference}. Plan it again.`,
  );

async function previewedPlan(
  deps: CommandDeps,
  stored: StoredContractVersion,
  hash: string,
): Promise<ResolvedPlan> {
  const shown = await deps.unitOfWork.run((tx) => deps.replays.findShown(tx, hash));
  const stale = (why: string) =>
    new RepriseError(
      'replay-state-conflict',
      `The plan that was shown can't be launched: ${why} Plan it again.`,
    );
  if (shown === null) throw stale('it was shown too long ago, or never.');
  const { plan, text, coverage } = shown;
  if (plan.contract.id !== stored.contractId || plan.contract.version !== stored.version) {
    throw stale('it names another version of the contract.');
  }
  const newest = await newestRule(deps, stored);
  if (newest !== null && newest.asks(plan) > plan.approvalsNeeded) {
    throw stale(
      `version ${newest.version} of the contract asks for ${counted(newest.asks(plan), 'approval')}, and the plan for ${plan.approvalsNeeded}.`,
    );
  }
  const contract = await loadBundle(deps.loader, {
    digest: stored.digest,
    bytes: stored.bundle,
    file: `${stored.contractId} version ${stored.version}`,
  });
  const now = await withHistory(deps, contract, ({ reader }) => reader.describe());
  const why = whyStale(plan, now);
  if (why !== null) throw stale(why);
  return { plan, text, hash, contract, coverage };
}

async function queue(
  deps: CommandDeps,
  request: LaunchRequest,
  stored: StoredContractVersion,
  resolved: ResolvedPlan,
): Promise<Launched> {
  const { plan, text, hash } = resolved;
  const replayId = request.replayId ?? deps.newId();
  const status = plan.approvalsNeeded > 0 ? 'awaiting-approval' : 'queued';
  const isNew = await deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, request.actor, 'replay');
    const inserted = await deps.replays.insert(tx, {
      id: replayId,
      contractId: stored.contractId,
      contractVersion: stored.version,
      planText: text,
      plan,
      planHash: hash,
      scope: plan.scope,
      status,
      rateLimit: request.rateLimit ?? null,
      requestedBy: request.actor,
      reason: request.reason,
      failureCode: null,
      failure: null,
    });
    if (!inserted) return false;
    await deps.replays.change(tx, replayId, { coverage: resolved.coverage });
    await deps.audit.append(tx, {
      actor: request.actor,
      action: 'replay.launched',
      subject: `replay:${replayId}`,
      outcome: 'done',
      detail: { contractId: stored.contractId, planHash: hash, reason: request.reason, status },
    });
    if (status === 'queued') await deps.jobs.send(tx, foldJobs(replayId, plan.ranges.length));
    await deps.live.notify(tx, 'replays');
    if (status !== 'awaiting-approval') return true;
    await deps.live.notify(tx, 'approvals');
    await deps.notices.tell(tx, {
      kind: 'waiting',
      subject: { kind: 'replay', id: replayId },
      contractId: stored.contractId,
      contractVersion: stored.version,
      requestedBy: request.actor,
      audience: ['approvers'],
    });
    return true;
  });
  return (isNew ? null : await launchedAlready(deps, request)) ?? { replayId, planHash: hash, status };
}

/** As many jobs as there could be lots; one that finds nothing left to claim is done at once. */
export function foldJobs(replayId: string, partitions: number): readonly Job[] {
  const lots = Math.max(1, Math.min(partitions, 16));
  return Array.from({ length: lots }, (_, slot): Job => ({ kind: 'fold', replayId, slot }));
}

async function refuse(
  deps: CommandDeps,
  request: LaunchRequest,
  stored: StoredContractVersion,
  error: RepriseError,
): Promise<Launched> {
  const replayId = request.replayId ?? deps.newId();
  const contract = await loadBundle(deps.loader, {
    digest: stored.digest,
    bytes: stored.bundle,
    file: `${stored.contractId} version ${stored.version}`,
  }).catch(() => null);
  const isNew = await deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, request.actor, 'replay');
    const inserted = await deps.replays.insert(tx, {
      id: replayId,
      contractId: stored.contractId,
      contractVersion: stored.version,
      planText: null,
      plan: null,
      planHash: null,
      scope: request.scope,
      status: 'refused',
      rateLimit: request.rateLimit ?? null,
      requestedBy: request.actor,
      reason: request.reason,
      failureCode: error.code,
      failure: error.message,
    });
    if (!inserted) return false;
    await deps.audit.append(tx, {
      actor: request.actor,
      action: 'replay.launched',
      subject: `replay:${replayId}`,
      outcome: 'refused',
      detail: {
        contractId: stored.contractId,
        code: error.code,
        sentence: error.message,
        where: error.where,
      },
    });
    await noteFailure(deps, tx, replayId, { code: error.code, sentence: error.message, where: error.where });
    await endReplay(deps, tx, replayId, {
      status: 'refused',
      failure: { code: error.code, sentence: error.message },
      coverage: null,
      contract,
      bundleDigest: stored.digest,
    });
    return true;
  });
  return (
    (isNew ? null : await launchedAlready(deps, request)) ?? { replayId, planHash: null, status: 'refused' }
  );
}
