import { addCounters, type Counters, historyDigest, noCounts } from '../../domain/replay/index.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import { refoldShared } from './merge-shared.ts';
import { finishPhase, type Phase } from './phase.ts';
import { ShadowDigest } from './shadow-digest.ts';
import { sharedIds } from './shared-ids.ts';

/**
 * Makes one shadow state of the partitions' folds: what two partitions share (ids, keys) is found and folded
 * again as one, counts are summed, and the result gets its digests.
 */
export async function mergePartitions(phase: Phase): Promise<void> {
  const { deps, replayId } = phase;
  const partitions = await deps.unitOfWork.run((tx) => deps.replays.partitions(tx, replayId));
  const summed = partitions.reduce((sum, p) => addCounters(sum, p.counters), noCounts);
  const numbers = partitions.map(({ partition }) => partition);
  const shared = numbers.length > 1 ? await sharedIds(phase, numbers) : [];
  const merged = partitions.length > 1 ? await refoldShared(phase, shared) : null;
  await finishPhase(phase, async (tx) => {
    const counters: Counters = merged === null ? summed : await merged.write(tx, summed);
    const digest = new ShadowDigest(deps.startSha256);
    for await (const rows of deps.results.shadowInKeyOrder(tx, replayId)) {
      phase.signal.throwIfAborted();
      for (const row of rows) digest.add(row.key, row.state);
    }
    return {
      counters,
      shadowDigest: digest.end(),
      historyDigest: historyDigest(
        deps.startSha256,
        partitions.map((p) => ({
          partition: p.partition,
          from: exactNumber(p.from),
          to: exactNumber(p.to),
          blockDigests: p.blockDigests,
        })),
      ),
    };
  });
}
