import type { EngineContract } from '../../domain/contract/index.ts';
import type { Plan } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { HistoryReader, ValueDecoder } from '../ports/history.ts';
import type { ReplayRow } from '../ports/replay-store.ts';
import { lookClosely } from './close-look.ts';
import type { ReplayDeps, RunnerDeps } from './deps.ts';

const loaded = new WeakMap<ReplayDeps['loader'], Map<string, Promise<EngineContract>>>();

/** The contract of a stored bundle. Bundles never change, so each is evaluated once a process. */
export function loadBundle(
  loader: ReplayDeps['loader'],
  bundle: { readonly digest: string; readonly bytes: Uint8Array; readonly file: string },
): Promise<EngineContract> {
  const byDigest = loaded.get(loader) ?? new Map<string, Promise<EngineContract>>();
  loaded.set(loader, byDigest);
  const known = byDigest.get(bundle.digest);
  if (known !== undefined) return known;
  const loading = loader.load(bundle, { stored: true });
  byDigest.set(bundle.digest, loading);
  // What failed once may be a passing fault, and is not to be remembered as the answer.
  loading.catch(() => byDigest.delete(bundle.digest));
  return loading;
}

/** A replay that runs: its frozen plan and the stored contract that it names. */
export type RunningReplay = {
  readonly row: ReplayRow;
  readonly plan: Plan;
  readonly contract: EngineContract;
};

export async function loadRunning(deps: RunnerDeps, replayId: string): Promise<RunningReplay> {
  const row = await deps.unitOfWork.run((tx) => deps.replays.find(tx, replayId));
  if (row === null) throw new RepriseError('replay-not-found', `There is no replay ${replayId}.`);
  if (row.plan === null) {
    throw new RepriseError('replay-state-conflict', `Replay ${replayId} was refused before it had a plan.`);
  }
  const stored = await deps.contracts.version(row.contractId, row.contractVersion);
  if (stored === null) {
    throw new RepriseError(
      'contract-version-not-found',
      `Version ${row.contractVersion} of contract ${row.contractId} is not stored.`,
    );
  }
  const file = `${row.contractId} version ${row.contractVersion}`;
  const contract = await loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
  const { progress } = deps;
  return {
    row,
    plan: row.plan,
    contract: progress.closeLook === null ? contract : lookClosely(contract, progress),
  };
}

/** Lends an open history to `work` and closes it whatever happens. */
export async function withHistory<T>(
  deps: Pick<ReplayDeps, 'histories'>,
  contract: EngineContract,
  work: (history: { readonly reader: HistoryReader; readonly decoder: ValueDecoder }) => Promise<T>,
): Promise<T> {
  const history = await deps.histories.open(contract);
  try {
    return await work(history);
  } finally {
    // What went wrong before is what matters; a connection that can't be closed is already gone.
    await history.reader.close().catch(() => undefined);
  }
}
