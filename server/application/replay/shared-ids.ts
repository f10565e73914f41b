import { findShared, SeenTable, type SharedId, seenEntryBytes } from '../../domain/replay/index.ts';
import type { KeyRead } from './key-events.ts';

/** Ids of one pass are held in memory: a replay of more of them takes several passes over what is stored. */
const idsPerPass = 4_000_000;

type Stored = Pick<KeyRead, 'deps' | 'replayId' | 'signal'>;

/** All ids that the partitions' folds have applied in more than one partition; `applied` is how many ids there are. */
export async function sharedIds(
  read: Stored,
  partitions: readonly number[],
  applied: number,
): Promise<readonly SharedId[]> {
  const passes = Math.max(1, Math.ceil(applied / idsPerPass));
  const shared: SharedId[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const keep = (packed: Uint8Array) => (passes === 1 ? packed : idsOfPass(packed, pass, passes));
    shared.push(...(await sharedAmong(read, partitions, keep)));
  }
  return shared;
}

/** The same, among those packed ids only that `keep` leaves. */
export async function sharedAmong(
  { deps, replayId, signal }: Stored,
  partitions: readonly number[],
  keep: (packed: Uint8Array) => Uint8Array,
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
    tables.push({ partition, table });
  }
  return findShared(tables);
}

/** The packed ids that belong to a pass, by their fingerprint. */
function idsOfPass(packed: Uint8Array, pass: number, passes: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const kept = new Uint8Array(packed.length);
  let length = 0;
  for (let at = 0; at + seenEntryBytes <= packed.length; at += seenEntryBytes) {
    if (view.getUint32(at, true) % passes !== pass) continue;
    kept.set(packed.subarray(at, at + seenEntryBytes), length);
    length += seenEntryBytes;
  }
  return kept.subarray(0, length);
}
