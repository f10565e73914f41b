import {
  findShared,
  keepPackedIds,
  SeenTable,
  type SharedId,
  seenEntryBytes,
} from '../../domain/replay/index.ts';
import type { KeyRead } from './key-events.ts';

/** Ids of one pass are held in memory: a replay of more of them takes several passes over what is stored. */
const idsPerPass = 4_000_000;

type Stored = Pick<KeyRead, 'deps' | 'replayId' | 'signal'>;

/** Packed ids of each partition that were delivered first beyond the plan's end, where no fold has committed them. */
export type IdsBeyond = ReadonlyMap<number, Uint8Array>;

/** All ids that the partitions' folds, and a base before them, have applied in more than one partition. */
export async function sharedIds(
  read: Stored,
  partitions: readonly number[],
  perPass = idsPerPass,
): Promise<readonly SharedId[]> {
  const { deps, replayId } = read;
  // What is stored and not what was counted: a base's ids are among them, and its counters are not.
  const bytes = await deps.unitOfWork.run((tx) => deps.folds.seenBytes(tx, replayId));
  const passes = Math.max(1, Math.ceil(bytes / seenEntryBytes / perPass));
  const shared: SharedId[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const keep = (packed: Uint8Array) =>
      passes === 1 ? packed : keepPackedIds(packed, (word) => word(0) % passes === pass);
    shared.push(...(await sharedAmong(read, partitions, keep)));
  }
  return shared;
}

/** The same, among those packed ids only that `keep` leaves, and with those beyond the plan's end. */
export async function sharedAmong(
  { deps, replayId, signal }: Stored,
  partitions: readonly number[],
  keep: (packed: Uint8Array) => Uint8Array,
  beyond: IdsBeyond = new Map(),
): Promise<readonly SharedId[]> {
  const tables: { partition: number; table: SeenTable }[] = [];
  for (const partition of partitions) {
    signal.throwIfAborted();
    const table = new SeenTable();
    await deps.unitOfWork.run(
      async (tx) => {
        for await (const packed of deps.folds.seen(tx, replayId, partition)) table.load(keep(packed));
      },
      { snapshot: true },
    );
    table.load(keep(beyond.get(partition) ?? new Uint8Array(0)));
    tables.push({ partition, table });
  }
  return findShared(tables);
}
