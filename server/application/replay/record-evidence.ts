import type { Lease } from '../ports/replay-store.ts';
import { leaseMs, type RunnerDeps } from './deps.ts';
import { loadBundle } from './open-contract.ts';
import { leaseLost } from './phase.ts';
import { type Ending, endReplay } from './write-evidence.ts';

/** Ends a replay as finished, or as failed where a failure was noted, with its evidence, in one transaction. */
export async function recordEvidence(deps: RunnerDeps, replayId: string, lease: Lease): Promise<void> {
  await end(deps, replayId, lease, (failure) =>
    failure === null ? { status: 'finished', failure } : { status: 'failed', failure },
  );
}

/** Ends a replay that was called off. What it had come to is recorded, and proves nothing. */
export async function endCancelled(deps: RunnerDeps, replayId: string, lease: Lease): Promise<void> {
  await end(deps, replayId, lease, () => ({ status: 'cancelled', failure: null }));
}

async function end(
  deps: RunnerDeps,
  replayId: string,
  lease: Lease,
  decide: (failure: Ending['failure']) => Pick<Ending, 'status' | 'failure'>,
): Promise<void> {
  const stored = await storedContract(deps, replayId);
  await deps.unitOfWork.run(async (tx) => {
    if (!(await deps.results.holdPhase(tx, replayId, lease, leaseMs))) throw leaseLost(replayId);
    const row = await deps.replays.lock(tx, replayId);
    if (row === null) throw leaseLost(replayId);
    await deps.results.fenceFolds(tx, replayId);
    const failure =
      row.failureCode === null ? null : { code: row.failureCode, sentence: row.failure ?? row.failureCode };
    const ending = decide(failure);
    await endReplay(deps, tx, replayId, { ...ending, ...stored, coverage: row.coverage });
    deps.log.info({ replayId, status: ending.status }, 'a replay has ended');
  });
}

/** The contract as the record describes it; null where its bundle can't be loaded, which may be why the replay failed. */
async function storedContract(
  deps: RunnerDeps,
  replayId: string,
): Promise<Pick<Ending, 'contract' | 'bundleDigest'>> {
  const row = await deps.unitOfWork.run((tx) => deps.replays.find(tx, replayId));
  const stored = row === null ? null : await deps.contracts.version(row.contractId, row.contractVersion);
  if (stored === null) return { contract: null, bundleDigest: row?.plan?.contract.bundleDigest ?? '' };
  const file = `${stored.contractId} version ${stored.version}`;
  const bundle = { digest: stored.digest, bytes: stored.bundle, file };
  const contract = await loadBundle(deps.loader, bundle).catch(() => null);
  return { contract, bundleDigest: stored.digest };
}
