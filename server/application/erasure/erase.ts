import {
  type ErasedCounts,
  type ErasureKind,
  makesUnusable,
  namesKey,
  sumOfCounts,
} from '../../domain/erasure/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Erasable, Erased, Match, RunningStep } from '../ports/erasures.ts';
import { type ErasedStep, eraseSteps } from './erase-steps.ts';
import { type ErasureDeps, type ErasureRequest, newErasure, type Run, whyOf } from './erasure-run.ts';

export type { ErasureDeps, ErasureRequest } from './erasure-run.ts';

export type ErasureReport = {
  readonly dryRun: boolean;
  readonly kind: ErasureKind;
  readonly replays: readonly {
    readonly replayId: string;
    readonly contractId: string;
    /** null: it was a dry run. */
    readonly erasureId: string | null;
    readonly counts: ErasedCounts;
  }[];
  /** Records of runbooks' steps, which are of no replay, of what stood beside them. */
  readonly steps: readonly ErasedStep[];
  /** Over all of them, with what stands by no replay. */
  readonly counts: ErasedCounts;
  /** Old enough, and left as they are, with why. */
  readonly skipped: readonly { readonly replayId: string; readonly why: string }[];
  /** Replays of the contract that have not ended: what they come to hold is not erased by this. */
  readonly running: readonly string[];
  /** Steps of runbooks, of any contract, that were given a key and have not ended: nor is what they come to hold. */
  readonly runningSteps: readonly RunningStep[];
  /** Promotions whose rows stand in their target too, where Reprise does not erase. */
  readonly promotions: readonly string[];
  /** Rows of the audit that name a key. They are never changed. */
  readonly auditEntries: number;
};

/**
 * Erases what replays that have ended, and what stands on them, hold of keys and values, one replay a transaction: so
 * that a command that was killed has erased some of them whole, and is run again for the others.
 */
export async function erase(deps: ErasureDeps, request: ErasureRequest): Promise<ErasureReport> {
  const { what, dryRun } = request;
  const { keys, reason } = refuseRubbish(request);
  const { role, replays, running, runningSteps } = await lookUp(deps, what, keys);
  const blocked = replays.filter(({ blockedBy }) => blockedBy !== null);
  const [first] = blocked;
  if (what.kind === 'subject' && first !== undefined) throw waitsOnIt(blocked);
  const run: Run = {
    ...request,
    reason,
    match: keys,
    runId: deps.newId(),
    erasedBy: `${request.user} as ${role}`,
    actor: `owner:${role}`,
  };
  const done: ErasureReport['replays'][number][] = [];
  const skipped = blocked.map(({ replayId, blockedBy }) => ({ replayId, why: blockedBy ?? '' }));
  const promotions = new Set<string>();
  for (const each of replays) {
    if (each.blockedBy !== null) continue;
    const found = await eraseOne(deps, run, each).catch((error: unknown) => {
      // Something has begun on it since it was looked at. By age that is one more that is left.
      if (what.kind === 'subject' || !(error instanceof RepriseError)) throw error;
      skipped.push({ replayId: each.replayId, why: error.message });
      return null;
    });
    if (found === null) continue;
    const { erasureId, erased } = found;
    done.push({ replayId: each.replayId, contractId: each.contractId, erasureId, counts: erased.counts });
    for (const id of erased.promotions) promotions.add(id);
  }
  const steps = await eraseSteps(deps, run);
  const beside = await eraseBeside(deps, run);
  const auditEntries =
    keys === null ? 0 : await deps.unitOfWork.run((tx) => deps.erasures.auditNaming(tx, keys));
  return {
    dryRun,
    kind: what.kind,
    replays: done,
    steps,
    counts: sumOfCounts([...[...done, ...steps].map(({ counts }) => counts), beside]),
    skipped,
    running,
    runningSteps,
    promotions: [...promotions],
    auditEntries,
  };
}

function refuseRubbish({ what, reason }: ErasureRequest): {
  readonly keys: Match;
  readonly reason: string;
} {
  const said = reason.trim();
  if (said === '' || said.includes('\0'))
    throw new RepriseError('input-invalid', 'An erasure has a reason: it stands where values were.', {
      where: '--reason',
    });
  if (what.kind === 'policy') return { keys: null, reason: said };
  const keys = new Set(what.keys);
  if (keys.size === 0 || [...keys].some((key) => key === '' || key.includes('\0')))
    throw new RepriseError('input-invalid', 'A key is a text that is not empty and holds no NUL.', {
      where: '--key',
    });
  if (namesKey(said, keys))
    throw new RepriseError(
      'input-invalid',
      'The reason names a key that is to be erased, and is kept itself. Say it without.',
      { where: '--reason' },
    );
  return { keys, reason: said };
}

/** Everything that could refuse it is asked before anything is erased. */
function lookUp(deps: ErasureDeps, what: ErasureRequest['what'], keys: Match) {
  return deps.unitOfWork.run(async (tx) => {
    const { erasures } = deps;
    const { role, whyNot } = await erasures.owner(tx);
    if (whyNot !== null) throw new RepriseError('forbidden', whyNot, { where: 'REPRISE_OWNER_DATABASE_URL' });
    const { contractId } = what;
    if (contractId !== null && !(await erasures.hasContract(tx, contractId)))
      throw new RepriseError(
        'contract-not-found',
        `There is no contract ${contractId}, and no replay of one; reprise contracts list names them.`,
        { where: '--contract' },
      );
    if (what.kind === 'policy')
      return {
        role,
        replays: await erasures.olderThan(tx, what.days, what.contractId),
        running: [],
        runningSteps: [],
      };
    const named = keys ?? new Set<string>();
    return {
      role,
      replays: await erasures.mayHold(tx, what.contractId, named),
      running: await erasures.running(tx, what.contractId),
      runningSteps: await erasures.runningSteps(tx, named),
    };
  });
}

function waitsOnIt(blocked: readonly Erasable[]): RepriseError {
  const what = blocked.map(({ replayId, blockedBy }) => `on replay ${replayId}: ${blockedBy}`).join('; ');
  return new RepriseError(
    'replay-state-conflict',
    `Nothing was erased, since something waits or runs on what would be (${what}). Withdraw it, or wait for its end, and run this again.`,
  );
}

/** What was erased of one replay; null where it holds nothing of it. */
async function eraseOne(
  deps: ErasureDeps,
  run: Run,
  { replayId, contractId }: Erasable,
): Promise<{ readonly erasureId: string | null; readonly erased: Erased } | null> {
  const { erasures } = deps;
  return deps.unitOfWork.run(async (tx) => {
    if (run.dryRun || run.match !== null) {
      const found = await erasures.find(tx, replayId, run.match);
      if (run.match !== null && Object.keys(found.counts).length === 0) return null;
      if (run.dryRun) return { erasureId: null, erased: found };
    }
    const { what } = run;
    const erasure = newErasure(deps, run, { contractId, replayId });
    const erasureId = erasure.id;
    await erasures.begin(tx, erasure);
    const erased = await erasures.erase(tx, replayId, run.match);
    await erasures.note(tx, erasureId, { ...erased, unusable: makesUnusable(what.kind, erased.counts) });
    await deps.audit.append(tx, {
      actor: run.actor,
      action: 'evidence.erased',
      subject: `replay:${replayId}`,
      outcome: 'done',
      detail: { erasure: erasureId, why: whyOf(run), user: run.user, counts: erased.counts },
    });
    for (const topic of [`replay:${replayId}`, ...erased.promotions.map((id) => `promotion:${id}`)])
      await deps.live.notify(tx, topic);
    return { erasureId, erased };
  });
}

function eraseBeside(deps: ErasureDeps, run: Run): Promise<ErasedCounts> {
  return deps.unitOfWork.run(async (tx) => {
    const { contractId } = run.what;
    const counts = sumOfCounts([await deps.erasures.eraseBeside(tx, contractId, run.match, run.dryRun)]);
    if (!run.dryRun && Object.keys(counts).length > 0)
      await deps.audit.append(tx, {
        actor: run.actor,
        action: 'evidence.erased',
        subject: contractId === null ? 'contracts' : `contract:${contractId}`,
        outcome: 'done',
        detail: { why: whyOf(run), user: run.user, counts },
      });
    return counts;
  });
}
