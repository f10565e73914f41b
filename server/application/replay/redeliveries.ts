import { EventReader, type HistoryRecord, SeenTable, type SharedId } from '../../domain/replay/index.ts';
import type { KeyRead } from './key-events.ts';
import { type IdsBeyond, sharedAmong } from './shared-ids.ts';
import type { OpenHistory } from './state-overlay.ts';

/** One delivery of an id that was delivered in several partitions, as it was read there. */
export type Delivery = {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  /** Whether a base has folded it, before the range of this replay. */
  readonly ofBase: boolean;
  readonly key: string | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
};

/** An id's first delivery in each partition, in the order in which they count: the first one first. */
export type Delivered = { readonly deliveries: readonly Delivery[]; readonly sameContent: boolean };

/** Whether a position in history has come to a place. */
export type Covers = (at: { readonly partition: number; readonly offset: number | string }) => boolean;

/** By its place, for each delivery of which another partition had an earlier one: that one. */
export type Redeliveries = ReadonlyMap<string, { readonly first: Delivery; readonly sameContent: boolean }>;

export const placeOf = (partition: number, offset: number | string) => `${partition}:${offset}`;

/**
 * Which deliveries are redeliveries, as a position sees them. A read model that is right has applied one of those
 * that its position covers, and which one that is changes with the position: each position is judged by itself.
 */
export function redeliveriesAt(delivered: readonly Delivered[], covers: Covers = () => true): Redeliveries {
  return new Map(
    delivered.flatMap(({ deliveries, sameContent }) => {
      const [first, ...again] = deliveries.filter(covers);
      if (first === undefined) return [];
      return again.map((each) => [placeOf(each.partition, each.offset), { first, sameContent }] as const);
    }),
  );
}

/**
 * Partitions have no order between them, so the history's own time decides, and the lower partition where that is the
 * same; what a base has counted stays counted there, and comes before all others.
 */
export function compareDeliveries(a: Delivery, b: Delivery): number {
  if (a.ofBase !== b.ofBase) return a.ofBase ? -1 : 1;
  return a.timestampMs - b.timestampMs || a.partition - b.partition;
}

/** The keys that the deliveries touch: one each, since only a history of one partition may route events. */
export const keysOf = (delivered: readonly Delivered[]) =>
  delivered.flatMap(({ deliveries }) => deliveries.flatMap(({ key }) => key ?? []));

/** Reads the deliveries of shared ids where they stand, and puts those of each id in their order. */
export async function readDelivered(
  read: KeyRead,
  { reader, decoder, subjects }: OpenHistory,
  shared: readonly SharedId[],
): Promise<readonly Delivered[]> {
  const { running, signal } = read;
  const { contract, plan } = running;
  const decode = (record: HistoryRecord) => decoder.decode(record);
  const startOf = new Map(plan.ranges.map((range) => [range.partition, Number(range.from)]));
  const isOfBase = (partition: number, offset: number) => offset < (startOf.get(partition) ?? 0);
  const found = new Map<string, Delivery>();
  // A plan that names no base has nothing before its ranges to be read.
  const isRead = (partition: number, offset: number) => plan.base !== null || !isOfBase(partition, offset);
  for (const [partition, wanted] of offsetsByPartition(shared, isRead)) {
    const events = new EventReader({ contract, decode, keys: null, subjects, partition });
    const { first, last } = bounds(wanted);
    const ranges = [{ partition, from: BigInt(first), to: BigInt(last) + 1n }];
    const { identity, visibleBefore } = plan.history;
    await reader.read(ranges, { identity, visibleBefore, signal }, async (batch) => {
      await decoder.prepare(batch);
      for (const record of batch.records) {
        if (!wanted.has(record.offset) || events.read(record) !== 'event') continue;
        const { offset, timestampMs } = record;
        const { key, id: eventId, type: eventType } = events;
        const at = { partition, offset, timestampMs, ofBase: isOfBase(partition, offset) };
        found.set(placeOf(partition, offset), { ...at, key, eventId, eventType });
      }
    });
  }
  const asRead = ({ partition, offset }: SharedId['deliveries'][number]): readonly Delivery[] => {
    const delivery = found.get(placeOf(partition, offset));
    if (delivery !== undefined) return [delivery];
    // The base has counted it, also where compaction or a subject's lost key has made it unreadable since.
    return isOfBase(partition, offset) ? [{ ...unreadable, partition, offset }] : [];
  };
  return shared.map(({ deliveries, sameContent }) => ({
    deliveries: deliveries.flatMap(asRead).toSorted(compareDeliveries),
    sameContent,
  }));
}

const unreadable = { timestampMs: 0, ofBase: true, key: null, eventId: null, eventType: null };

function offsetsByPartition(
  shared: readonly SharedId[],
  isRead: (partition: number, offset: number) => boolean,
): ReadonlyMap<number, ReadonlySet<number>> {
  const offsets = new Map<number, Set<number>>();
  for (const { deliveries } of shared) {
    for (const { partition, offset } of deliveries) {
      if (!isRead(partition, offset)) continue;
      const known = offsets.get(partition) ?? new Set();
      offsets.set(partition, known.add(offset));
    }
  }
  return offsets;
}

function bounds(offsets: ReadonlySet<number>): { readonly first: number; readonly last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const offset of offsets) {
    first = Math.min(first, offset);
    last = Math.max(last, offset);
  }
  return { first, last };
}

/** The deliveries of those of some ids that are shared, also under keys that nobody has asked for. */
export async function deliveredAmong(
  read: KeyRead,
  history: OpenHistory,
  eventIds: Iterable<string>,
  beyond: IdsBeyond,
): Promise<readonly Delivered[]> {
  if (!(await mayShareIds(read, beyond))) return [];
  const wanted = new SeenTable();
  for (const id of eventIds) wanted.add(id, null, null, 0);
  return deliveredOf(read, history, wanted, beyond);
}

/** The same, of the ids that a table holds. */
export async function deliveredOf(
  read: KeyRead,
  history: OpenHistory,
  wanted: SeenTable,
  beyond: IdsBeyond,
): Promise<readonly Delivered[]> {
  const partitions = read.running.plan.ranges.map((range) => range.partition);
  if (wanted.size === 0 || partitions.length < 2) return [];
  const shared = await sharedAmong(read, partitions, (packed) => wanted.among(packed), beyond);
  return readDelivered(read, history, shared);
}

/** Merging has counted more duplicates than the folds where there are shared ids; those of a base it counts there. */
async function mayShareIds({ deps, replayId, running }: KeyRead, beyond: IdsBeyond): Promise<boolean> {
  if (running.plan.ranges.length < 2) return false;
  if (running.plan.base !== null || [...beyond.values()].some((ids) => ids.length > 0)) return true;
  const { merged, folded } = await deps.unitOfWork.run(async (tx) => ({
    merged: (await deps.replays.find(tx, replayId))?.counters ?? null,
    folded: await deps.replays.partitions(tx, replayId),
  }));
  return merged === null || merged.duplicates > folded.reduce((sum, p) => sum + p.counters.duplicates, 0);
}
