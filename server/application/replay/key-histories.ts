import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import type { LostFields } from '../../domain/replay/index.ts';
import { type Covers, type Delivered, placeOf, type Redeliveries, redeliveriesAt } from './redeliveries.ts';

/** An event with what its partition's fold has noted it by. */
export type CollectedEvent = KeyEvent & {
  readonly sequence: number | null;
  /** What of it can no longer be read; null where it holds all that it held. */
  readonly lost: LostFields | null;
};

/** What a key's own history was read as. `events` are in fold order, across partitions too. */
export type KeyHistory = { readonly events: readonly CollectedEvent[]; readonly overflow: boolean };

/** A key's events as they stand in each partition, each judged by its own partition's fold. */
export type Collected = {
  readonly partitions: Map<number, CollectedEvent[]>;
  count: number;
  overflow: boolean;
};

/** The own histories of some keys, as a position sees them that has come to some of the events and not to others. */
export class KeyHistories {
  private readonly collected: ReadonlyMap<string, Collected>;
  private readonly delivered: readonly Delivered[];

  /** `delivered` are the ids of these events that stand in several partitions, under whatever key. */
  constructor(collected: ReadonlyMap<string, Collected>, delivered: readonly Delivered[]) {
    this.collected = collected;
    this.delivered = delivered;
  }

  /** Only the events that a position covers, and of each id only the first delivery among these is applied. */
  within(covers: Covers = () => true): ReadonlyMap<string, KeyHistory> {
    const redeliveries = redeliveriesAt(this.delivered, covers);
    return new Map(
      [...this.collected].map(([key, { partitions, overflow }]) => {
        const events = inOrder(partitions, covers);
        return [key, { events: events.map((event) => oncePerId(event, redeliveries)), overflow }];
      }),
    );
  }
}

/** A redelivery is one whatever key the first delivery had, and is applied to none. */
function oncePerId(event: CollectedEvent, redeliveries: Redeliveries): CollectedEvent {
  if (event.outcome !== 'applied') return event;
  const again = redeliveries.get(placeOf(event.partition, event.offset));
  if (again === undefined) return event;
  const { first, sameContent } = again;
  return {
    ...event,
    outcome: sameContent ? 'duplicate' : 'conflicting-duplicate',
    duplicateOf: `p${first.partition}:${first.offset}`,
    detail: sameContent
      ? 'Delivered before, in another partition.'
      : 'Delivered in another partition too, with other content.',
  };
}

/**
 * One order for a key's events: as they stand within a partition; between partitions by the history's own time, the
 * lower partition first where that is the same.
 */
function inOrder(
  partitions: ReadonlyMap<number, readonly CollectedEvent[]>,
  covers: Covers,
): readonly CollectedEvent[] {
  const lanes = [...partitions]
    .toSorted(([a], [b]) => a - b)
    .map(([, events]) => ({ events: events.filter(covers), at: 0 }));
  if (lanes.length <= 1) return lanes[0]?.events ?? [];
  const events: CollectedEvent[] = [];
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
