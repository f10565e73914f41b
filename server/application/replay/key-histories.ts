import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import { compareDeliveries, type Delivery, placeOf } from './shared-deliveries.ts';

/** What a key's own history was read as. `events` are in fold order, across partitions too. */
export type KeyHistory = { readonly events: readonly KeyEvent[]; readonly overflow: boolean };

/** A key's events as they stand in each partition, each judged by its own partition's fold. */
export type Collected = { readonly partitions: Map<number, KeyEvent[]>; count: number; overflow: boolean };

/** Deliveries that are redeliveries, by their place, with the first one. */
export type Redeliveries = ReadonlyMap<string, Delivery>;

/** The own histories of some keys, as a position sees them that has come to some of the events and not to others. */
export class KeyHistories {
  private readonly collected: ReadonlyMap<string, Collected>;
  private readonly startOf: ReadonlyMap<number, number>;

  /** `startOf` is where the replayed range of each partition begins: what stands before is of the base. */
  constructor(collected: ReadonlyMap<string, Collected>, startOf: ReadonlyMap<number, number>) {
    this.collected = collected;
    this.startOf = startOf;
  }

  /**
   * Only the events that `applies` lets pass, and of each id only the first delivery among these. Deliveries under
   * keys that were not read are known by `redeliveries` alone.
   */
  within(
    applies: (event: KeyEvent) => boolean = () => true,
    redeliveries: Redeliveries = new Map(),
  ): ReadonlyMap<string, KeyHistory> {
    const first = this.firstDeliveries(applies);
    const once = (event: KeyEvent): KeyEvent => {
      if (event.outcome !== 'applied' || event.eventId === null) return event;
      const earlier = redeliveries.get(placeOf(event.partition, event.offset)) ?? first.get(event.eventId);
      if (earlier === undefined || isAt(earlier, event)) return event;
      return {
        ...event,
        outcome: 'duplicate',
        duplicateOf: `p${earlier.partition}:${earlier.offset}`,
        detail: 'Delivered before, in another partition.',
      };
    };
    return new Map(
      [...this.collected].map(([key, { partitions, overflow }]) => {
        const events = inOrder(partitions, applies);
        return [key, { events: events.map(once), overflow }];
      }),
    );
  }

  private firstDeliveries(applies: (event: KeyEvent) => boolean): ReadonlyMap<string, Delivery> {
    const first = new Map<string, Delivery>();
    for (const { partitions } of this.collected.values()) {
      for (const events of partitions.values()) {
        for (const event of events) {
          if (event.outcome !== 'applied' || event.eventId === null || !applies(event)) continue;
          const known = first.get(event.eventId);
          if (known !== undefined && isAt(known, event)) continue;
          const delivery = this.deliveryOf(event);
          if (known === undefined || compareDeliveries(delivery, known) < 0)
            first.set(event.eventId, delivery);
        }
      }
    }
    return first;
  }

  private deliveryOf({ partition, offset, timestampMs }: KeyEvent): Delivery {
    const at = Number(offset);
    return { partition, offset: at, timestampMs, ofBase: at < (this.startOf.get(partition) ?? 0) };
  }
}

const isAt = (delivery: Delivery, event: KeyEvent) =>
  delivery.partition === event.partition && String(delivery.offset) === event.offset;

/**
 * One order for a key's events: as they stand within a partition; between partitions by the history's own time, the
 * lower partition first where that is the same.
 */
function inOrder(
  partitions: ReadonlyMap<number, readonly KeyEvent[]>,
  applies: (event: KeyEvent) => boolean,
): readonly KeyEvent[] {
  const lanes = [...partitions]
    .toSorted(([a], [b]) => a - b)
    .map(([, events]) => ({ events: events.filter(applies), at: 0 }));
  if (lanes.length <= 1) return lanes[0]?.events ?? [];
  const events: KeyEvent[] = [];
  for (;;) {
    let next: (typeof lanes)[number] | null = null;
    for (const lane of lanes) {
      const event = lane.events[lane.at];
      if (event === undefined) continue;
      if (next === null || event.timestampMs < (next.events[next.at]?.timestampMs ?? 0)) next = lane;
    }
    const event = next?.events[next.at];
    if (next === null || event === undefined) return events;
    next.at += 1;
    events.push(event);
  }
}
