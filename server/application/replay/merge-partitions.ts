import {
  addCounters,
  type Counters,
  findShared,
  historyDigest,
  keepPackedIds,
  noCounts,
  SeenTable,
  type SharedId,
} from '../../domain/replay/index.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import type { PartitionRow } from '../ports/replay-store.ts';
import { refoldShared } from './merge-shared.ts';
import { finishPhase, type Phase } from './phase.ts';
import { ShadowDigest } from './shadow-digest.ts';

/**
 * Makes one shadow state of the partitions' folds: what two partitions share (ids, keys) is found and folded
 * again as one, counts are summed, and the result gets its digests.
 */
export async function mergePartitions(phase: Phase): Promise<void> {
  const { deps, replayId } = phase;
  const partitions = await deps.unitOfWork.run((tx) => deps.replays.partitions(tx, replayId));
  const summed = partitions.reduce((sum, p) => addCounters(sum, p.counters), noCounts);
  const shared = partitions.length > 1 ? await sharedIds(phase, partitions) : [];
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

/** Ids of one pass are held in memory: a replay of more of them takes several passes over what is stored. */
const idsPerPass = 4_000_000;

/** Ids that were delivered in more than one partition. */
async function sharedIds(phase: Phase, partitions: readonly PartitionRow[]): Promise<readonly SharedId[]> {
  const { deps, replayId, signal } = phase;
  const ids = partitions.reduce((sum, p) => sum + p.counters.applied, 0);
  const passes = Math.max(1, Math.ceil(ids / idsPerPass));
  const shared: SharedId[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const tables = [];
    for (const { partition } of partitions) {
      signal.throwIfAborted();
      const table = new SeenTable();
      await deps.unitOfWork.run(
        async (tx) => {
          for await (const packed of deps.folds.seen(tx, replayId, partition)) {
            table.load(passes === 1 ? packed : keepPackedIds(packed, (word) => word(0) % passes === pass));
          }
        },
        { snapshot: true },
      );
      tables.push({ partition, table });
    }
    shared.push(...findShared(tables));
  }
  return shared;
}
