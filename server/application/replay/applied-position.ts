import type { Comparison } from '../../domain/reconciliation/index.ts';
import type { HistoryState } from '../../domain/replay/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { AppliedAt, DerivedSnapshot } from '../ports/derived-state.ts';
import { keptOpen } from './kept-open.ts';
import type { Phase } from './phase.ts';
import { type OpenHistory, type Overlay, overlayAt } from './state-overlay.ts';
import { overlayAtCursor } from './transaction-overlay.ts';

/** The position that a comparison stands at, and what history says there. */
export type ReadPosition = {
  readonly mode: Comparison['mode'];
  readonly positions: Comparison['appliedPositions'];
  readonly overlay: Overlay;
};

/**
 * The position of a snapshot, which is kept open meanwhile. Throws RepriseError history-repartitioned where history has
 * partitions by now that the plan does not know of, with something in them: the derived state may have applied that.
 */
export function positionOfSnapshot(
  phase: Phase,
  history: OpenHistory,
  snapshot: DerivedSnapshot,
): Promise<ReadPosition> {
  return keptOpen(phase.deps.clock, snapshot, async () => {
    // After the snapshot was opened: a partition that it has applied something of is told of by now.
    refuseUnreadPartitions(phase, await history.reader.describe());
    return positionOf(phase, history, snapshot.appliedAt);
  });
}

/** Brings history to where a derived state says that it is; to where history itself is now, if it says nothing. */
export async function positionOf(
  phase: Phase,
  history: OpenHistory,
  appliedAt: AppliedAt,
): Promise<ReadPosition> {
  switch (appliedAt.kind) {
    case 'per-partition': {
      const covered = new Set(phase.running.plan.ranges.map((range) => range.partition));
      const positions = [...appliedAt.next]
        .filter(([partition]) => covered.has(partition))
        .toSorted(([a], [b]) => a - b)
        .map(([partition, next]) => ({ partition, next: next.toString() }));
      return { mode: 'at-position', positions, overlay: await overlayAt(phase, history, appliedAt.next) };
    }
    case 'transaction': {
      const positions = [{ partition: 0, next: `${appliedAt.transactionId}:${appliedAt.position}` }];
      return { mode: 'at-position', positions, overlay: await overlayAtCursor(phase, history, appliedAt) };
    }
    case 'none': {
      const now = await history.reader.describe();
      if (now.visibleBefore !== null) {
        const cursor = { transactionId: BigInt(now.visibleBefore) - 1n, position: 2n ** 63n - 1n };
        return { mode: 'settled', positions: [], overlay: await overlayAtCursor(phase, history, cursor) };
      }
      const ends = new Map(now.partitions.map((p) => [p.partition, BigInt(p.lastStable)]));
      return { mode: 'settled', positions: [], overlay: await overlayAt(phase, history, ends) };
    }
  }
}

function refuseUnreadPartitions({ running }: Phase, { name, partitions }: HistoryState): void {
  const { partitionCount } = running.plan.history;
  const isNew = (each: { readonly partition: number }) => each.partition >= partitionCount;
  if (!partitions.some((each) => isNew(each) && BigInt(each.highWatermark) > 0n)) return;
  throw new RepriseError(
    'history-repartitioned',
    `${name} had ${counted(partitionCount, 'partition')} when this replay was planned and has ${partitions.length} now: events of any key may stand where this replay does not read. Replay it again, by a new plan.`,
    { where: name },
  );
}
