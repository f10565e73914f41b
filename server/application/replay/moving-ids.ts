import { SeenTable } from '../../domain/replay/index.ts';
import type { Phase } from './phase.ts';
import { deliveredOf, keysOf } from './redeliveries.ts';
import type { OpenHistory } from './state-overlay.ts';

/**
 * The ids between the plan's end and a position: those beyond the end that it covers, and those before the end that
 * it does not. One of them may have another delivery in another partition, and which of the two is the first one then
 * depends on the position; the keys that they touch can't be taken from one partition.
 */
export class MovingIds {
  private readonly ofLayers = new Map<number, Uint8Array>();
  private readonly ids = new SeenTable();

  /** Ids that a partition's layer has folded beyond the plan's end. */
  beyond(partition: number, packed: Uint8Array): void {
    this.ofLayers.set(partition, packed);
    this.ids.load(packed);
  }

  /** Ids of the plan that stand where the position has not come to. */
  missed(packed: Uint8Array): void {
    this.ids.load(packed);
  }

  /** The keys that shared ones touch: one pass over the ids that the replay has seen. */
  async keysShared(phase: Phase, history: OpenHistory): Promise<ReadonlySet<string>> {
    return new Set(keysOf(await deliveredOf(phase, history, this.ids, this.ofLayers)));
  }
}
