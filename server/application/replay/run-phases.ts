import { hasEnded } from '../../domain/replay/index.ts';
import type { Lease, ReplayRow } from '../ports/replay-store.ts';
import { checkInvariants } from './check-invariants.ts';
import { compareStates } from './compare-states.ts';
import { leaseMs, type RunnerDeps } from './deps.ts';
import { explainDifferences } from './explain-differences.ts';
import { mergePartitions } from './merge-partitions.ts';
import { loadRunning } from './open-contract.ts';
import { keepPhase, type Phase } from './phase.ts';
import { endCancelled, recordEvidence } from './record-evidence.ts';

/**
 * Carries a folded replay to its end: merging, comparing, explaining, checking, recording. Each phase commits
 * under the lease and can be begun again; a worker that vanishes in the middle leaves nothing half-written.
 */
export async function runPhases(
  deps: RunnerDeps,
  replayId: string,
  owner: string,
  shutdown: AbortSignal,
): Promise<void> {
  const lease = await deps.unitOfWork.run((tx) => deps.results.claimPhase(tx, replayId, owner, leaseMs));
  if (lease === null) return;
  const ended = new AbortController();
  const halt = new AbortController();
  const keeping = keepPhase(deps, replayId, lease, (why) => halt.abort(why), ended.signal);
  try {
    await runUnderLease(deps, replayId, lease, AbortSignal.any([halt.signal, shutdown])).catch((error) => {
      // What was cut off from here has not failed.
      if (!halt.signal.aborted) throw error;
    });
    if (halt.signal.reason === 'cancel') await runUnderLease(deps, replayId, lease, shutdown);
  } finally {
    ended.abort();
    await keeping;
    await deps.unitOfWork
      .run((tx) => deps.results.releasePhase(tx, replayId, lease))
      .catch((error: unknown) =>
        deps.log.warn({ replayId, error: String(error) }, 'could not give a replay back'),
      );
  }
}

async function runUnderLease(
  deps: RunnerDeps,
  replayId: string,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const row = await deps.unitOfWork.run((tx) => deps.replays.find(tx, replayId));
    if (row === null || hasEnded(row.status)) return;
    if (row.intent === 'cancel') return endCancelled(deps, replayId, lease);
    if (row.status === 'recording') return recordEvidence(deps, replayId, lease);
    const running = await loadRunning(deps, replayId);
    const work = phaseOf(row);
    if (work === null) return;
    await work({ deps, running, replayId, lease, signal });
  }
}

function phaseOf(row: ReplayRow): ((phase: Phase) => Promise<void>) | null {
  switch (row.status) {
    case 'merging':
      return mergePartitions;
    case 'comparing':
      return compareStates;
    case 'explaining':
      return explainDifferences;
    case 'checking':
      return checkInvariants;
    default:
      return null;
  }
}
