import type { Delivery } from './delivery-reader.ts';

/** An id as the audit remembers it: its first content, and when it was last delivered. */
export type KnownId = {
  readonly id: string;
  readonly content: bigint;
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number;
};

export type Duplicate = {
  readonly kind: 'redelivered' | 'conflicting';
  readonly delivery: Delivery;
  /** The delivery that the audit read first. */
  readonly first: { readonly partition: number; readonly offset: number };
};

export type FoldedDeliveries = {
  /** Ids that were not known: to be added. */
  readonly added: readonly KnownId[];
  /** Ids that were known and are remembered differently now. */
  readonly changed: readonly KnownId[];
  readonly duplicates: readonly Duplicate[];
};

/**
 * Tells first deliveries from duplicates. Two deliveries of one id are the same event's where at most `lookBackMs` lie
 * between one and the last one before it, by the history's own time and in either direction: partitions are not read
 * in step. Of those the first that was read is the event, and a later one conflicts where its content is another.
 * `known` holds the ids of the deliveries as far as they are known; it is not changed.
 */
export function foldDeliveries(
  deliveries: readonly Delivery[],
  known: ReadonlyMap<string, KnownId>,
  lookBackMs: number,
): FoldedDeliveries {
  const now = new Map<string, KnownId>();
  const duplicates: Duplicate[] = [];
  for (const delivery of deliveries) {
    const { id, content, partition, offset, atMs } = delivery;
    const before = now.get(id) ?? known.get(id);
    if (before === undefined || Math.abs(atMs - before.atMs) > lookBackMs) {
      now.set(id, { id, content, partition, offset, atMs });
      continue;
    }
    // The log ended earlier for a moment, or was read twice: a record is no duplicate of itself.
    if (before.partition === partition && before.offset === offset) continue;
    duplicates.push({
      kind: content === before.content ? 'redelivered' : 'conflicting',
      delivery,
      first: { partition: before.partition, offset: before.offset },
    });
    if (atMs > before.atMs) now.set(id, { ...before, atMs });
  }
  const added: KnownId[] = [];
  const changed: KnownId[] = [];
  for (const each of now.values()) (known.has(each.id) ? changed : added).push(each);
  return { added, changed, duplicates };
}
