import { EventReader, type HistoryRecord, SeenTable, type SharedId } from '../../domain/replay/index.ts';
import type { KeyRead } from './key-events.ts';
import { sharedAmong } from './shared-ids.ts';
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

/** An id's deliveries, the one that counts first. */
export type Delivered = {
  readonly first: Delivery;
  readonly again: readonly Delivery[];
  readonly sameContent: boolean;
};

/** By its place, for each delivery of which another partition had an earlier one: that one. */
export type Redeliveries = ReadonlyMap<string, { readonly first: Delivery; readonly sameContent: boolean }>;

export const placeOf = (partition: number, offset: number | string) => `${partition}:${offset}`;

export function redeliveriesOf(delivered: readonly Delivered[]): Redeliveries {
  return new Map(
    delivered.flatMap(({ first, again, sameContent }) =>
      again.map(({ partition, offset }) => [placeOf(partition, offset), { first, sameContent }] as const),
    ),
  );
}

/** Reads the deliveries of shared ids where they stand, and says of each id which one was the first. */
export async function readDelivered(
  read: KeyRead,
  { reader, decoder, subjects }: OpenHistory,
  shared: readonly SharedId[],
): Promise<readonly Delivered[]> {
  const { running, signal } = read;
  const { contract, plan } = running;
  const decode = (record: HistoryRecord) => decoder.decode(record);
  const found = new Map<string, Delivery>();
  for (const [partition, wanted] of offsetsByPartition(shared)) {
    const events = new EventReader({ contract, decode, keys: null, subjects, partition });
    const start = Number(plan.ranges.find((range) => range.partition === partition)?.from ?? 0);
    const { first, last } = bounds(wanted);
    const ranges = [{ partition, from: BigInt(first), to: BigInt(last) + 1n }];
    const { identity, visibleBefore } = plan.history;
    await reader.read(ranges, { identity, visibleBefore, signal }, async (batch) => {
      await decoder.prepare(batch);
      for (const record of batch.records) {
        if (!wanted.has(record.offset) || events.read(record) !== 'event') continue;
        const { offset, timestampMs } = record;
        const { key, id: eventId, type: eventType } = events;
        const at = { partition, offset, timestampMs, ofBase: offset < start };
        found.set(placeOf(partition, offset), { ...at, key, eventId, eventType });
      }
    });
  }
  return shared.flatMap(({ deliveries, sameContent }) => {
    const [first, ...again] = deliveries
      .flatMap(({ partition, offset }) => found.get(placeOf(partition, offset)) ?? [])
      .toSorted(compareDeliveries);
    return first === undefined ? [] : [{ first, again, sameContent }];
  });
}

/**
 * Partitions have no order between them, so the history's own time decides, and the lower partition where that is the
 * same; what a base has counted stays counted there, and comes before all others.
 */
function compareDeliveries(a: Delivery, b: Delivery): number {
  if (a.ofBase !== b.ofBase) return a.ofBase ? -1 : 1;
  return a.timestampMs - b.timestampMs || a.partition - b.partition;
}

function offsetsByPartition(shared: readonly SharedId[]): ReadonlyMap<number, ReadonlySet<number>> {
  const offsets = new Map<number, Set<number>>();
  for (const { deliveries } of shared) {
    for (const { partition, offset } of deliveries) {
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

/** Which deliveries of these ids were redeliveries, also where the first one had a key that is not being read. */
export async function redeliveriesAmong(
  read: KeyRead,
  history: OpenHistory,
  eventIds: Iterable<string>,
): Promise<Redeliveries> {
  if (!(await mayShareIds(read))) return new Map();
  const wanted = new SeenTable();
  for (const id of eventIds) wanted.add(id, null, null, 0);
  if (wanted.size === 0) return new Map();
  const partitions = read.running.plan.ranges.map((range) => range.partition);
  const shared = await sharedAmong(read, partitions, (packed) => wanted.among(packed));
  return redeliveriesOf(await readDelivered(read, history, shared));
}

/** Merging has counted more duplicates than the folds where there are shared ids; those of a base it counts there. */
async function mayShareIds({ deps, replayId, running }: KeyRead): Promise<boolean> {
  if (running.plan.ranges.length < 2) return false;
  if (running.plan.base !== null) return true;
  const { merged, folded } = await deps.unitOfWork.run(async (tx) => ({
    merged: (await deps.replays.find(tx, replayId))?.counters ?? null,
    folded: await deps.replays.partitions(tx, replayId),
  }));
  return merged === null || merged.duplicates > folded.reduce((sum, p) => sum + p.counters.duplicates, 0);
}
