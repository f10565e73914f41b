import { EventReader, type HistoryRecord, type SharedId } from '../../domain/replay/index.ts';
import type { KeyRead } from './key-events.ts';
import type { OpenHistory } from './state-overlay.ts';

/** Where and when an id was delivered. */
export type Delivery = {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  /** It stands before the range that is replayed, among what the base has folded. */
  readonly ofBase: boolean;
};

/**
 * Which of two deliveries of an id in different partitions is the first, and which a redelivery. Partitions have no
 * order between them, so the history's own time decides, and the lower partition where that is the same; what a base
 * has folded was there before. A read model that is right has applied one of those deliveries that its position
 * covers, and which one that is changes with the position: each position is judged by itself.
 */
export function compareDeliveries(a: Delivery, b: Delivery): number {
  if (a.ofBase !== b.ofBase) return a.ofBase ? -1 : 1;
  return a.timestampMs - b.timestampMs || a.partition - b.partition || a.offset - b.offset;
}

/** A delivery's name, to look it up by. */
export const placeOf = (partition: number, offset: number | string) => `${partition}:${offset}`;

export type ReadDeliveries = {
  /** The deliveries of each shared id, the first one first. */
  readonly byId: readonly (readonly Delivery[])[];
  readonly keys: ReadonlySet<string>;
};

/** Reads the deliveries of shared ids where they stand: when they were, and which keys they touch. */
export async function readDeliveries(
  read: KeyRead,
  history: OpenHistory,
  shared: readonly SharedId[],
): Promise<ReadDeliveries> {
  const { contract, plan } = read.running;
  const from = new Map(plan.ranges.map((range) => [range.partition, Number(range.from)]));
  const isOfBase = (partition: number, offset: number) => offset < (from.get(partition) ?? 0);
  const wanted = new Map<number, Set<number>>();
  for (const { deliveries } of shared) {
    for (const { partition, offset } of deliveries) {
      // A base's own may be out of reach by now, and come first whenever they were.
      if (isOfBase(partition, offset)) continue;
      const known = wanted.get(partition) ?? new Set();
      wanted.set(partition, known.add(offset));
    }
  }
  const times = new Map<string, number>();
  const keys = new Set<string>();
  const { decoder, subjects } = history;
  const decode = (record: HistoryRecord) => decoder.decode(record);
  const events = new EventReader({ contract, decode, keys: null, subjects });
  for (const [partition, offsets] of wanted) {
    await readBetween(read, history, partition, offsets, (record) => {
      times.set(placeOf(partition, record.offset), record.timestampMs);
      if (events.read(record) === 'event') keys.add(events.event.key);
    });
  }
  const byId = shared.map(({ deliveries }) =>
    deliveries
      .map(({ partition, offset }): Delivery => {
        const ofBase = isOfBase(partition, offset);
        return { partition, offset, timestampMs: times.get(placeOf(partition, offset)) ?? 0, ofBase };
      })
      .toSorted(compareDeliveries),
  );
  return { byId, keys };
}

async function readBetween(
  { running, signal }: KeyRead,
  { reader, decoder }: OpenHistory,
  partition: number,
  offsets: ReadonlySet<number>,
  take: (record: HistoryRecord) => void,
): Promise<void> {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const offset of offsets) {
    first = Math.min(first, offset);
    last = Math.max(last, offset);
  }
  const { identity, visibleBefore } = running.plan.history;
  const ranges = [{ partition, from: BigInt(first), to: BigInt(last) + 1n }];
  await reader.read(ranges, { identity, visibleBefore, signal }, async (batch) => {
    await decoder.prepare(batch);
    for (const record of batch.records) if (offsets.has(record.offset)) take(record);
  });
}
