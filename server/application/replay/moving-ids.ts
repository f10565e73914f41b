import { findShared, keepPackedIds, SeenTable } from '../../domain/replay/index.ts';
import type { Phase } from './phase.ts';
import { readDeliveries } from './shared-deliveries.ts';
import type { OpenHistory } from './state-overlay.ts';

/**
 * The ids between the plan's end and a position: those beyond the end that it covers, and those before the end that
 * it does not. One of them may have another delivery in another partition, and which of the two is the first one then
 * depends on the position; the keys that they touch can't be taken from one partition.
 */
export class MovingIds {
  private readonly ofLayers = new Map<number, Uint8Array>();
  /** Two words of each fingerprint in one number: enough to leave nearly all others out. */
  private readonly fingerprints = new Set<number>();

  /** Ids that a partition's layer has folded beyond the plan's end. */
  beyond(partition: number, packed: Uint8Array): void {
    this.ofLayers.set(partition, packed);
    this.note(packed);
  }

  /** Ids of the plan that stand where the position has not come to. */
  missed(packed: Uint8Array): void {
    this.note(packed);
  }

  private note(packed: Uint8Array): void {
    keepPackedIds(packed, (word) => {
      this.fingerprints.add(shortened(word));
      return false;
    });
  }

  /** The keys that shared ones touch: one pass over the ids that the replay has seen. */
  async keysShared(phase: Phase, history: OpenHistory): Promise<ReadonlySet<string>> {
    const { deps, running, replayId, signal } = phase;
    const { ranges } = running.plan;
    if (ranges.length < 2 || this.fingerprints.size === 0) return new Set();
    const tables: { readonly partition: number; readonly table: SeenTable }[] = [];
    for (const { partition } of ranges) {
      signal.throwIfAborted();
      const table = new SeenTable();
      await deps.unitOfWork.run(
        async (tx) => {
          for await (const packed of deps.folds.seen(tx, replayId, partition)) {
            table.load(keepPackedIds(packed, (word) => this.fingerprints.has(shortened(word))));
          }
        },
        { snapshot: true },
      );
      table.load(this.ofLayers.get(partition) ?? new Uint8Array(0));
      tables.push({ partition, table });
    }
    const shared = findShared(tables);
    return shared.length === 0 ? new Set() : (await readDeliveries(phase, history, shared)).keys;
  }
}

const shortened = (word: (at: number) => number) => word(0) * 2 ** 21 + (word(1) >>> 11);
