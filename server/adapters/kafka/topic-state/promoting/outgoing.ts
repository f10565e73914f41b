import type { Scalar, TopicState } from '../../../../domain/contract/index.ts';
import { agree, type Write } from '../../../../domain/promotion/index.ts';
import { murmur2Partition } from '../../../../domain/replay/index.ts';
import type { TopicRows } from '../topic-rows.ts';
import { fieldsOf, newValue, type TopicRow, withFields } from '../values.ts';
import { unfit } from './target-errors.ts';
import type { OutgoingRecord } from './writer.ts';

type State = TopicState<unknown>;
type Fields = Readonly<Record<string, Scalar>>;

type Before = {
  readonly current: ReadonlyMap<string, TopicRow>;
  /** Whole values that deleted rows had, by key. */
  readonly undone: Readonly<Record<string, string>>;
  /** The number of partitions over which murmur2 places keys; null where something else places them. */
  readonly placeOf: number | null;
};

/** What is to be sent, each record read back as a reader would before anything of it goes out. */
export function recordsOf(
  state: State,
  writes: readonly Write[],
  { current, undone, placeOf }: Before,
): readonly OutgoingRecord[] {
  return writes.map((write) => {
    const row = current.get(write.key);
    const partition = row?.partition ?? murmur2Partition(Buffer.from(write.key), placeOf ?? 1);
    if (write.kind === 'delete') return { partition, key: write.key, value: null };
    const kept = Object.hasOwn(undone, write.key) ? undone[write.key] : undefined;
    const base =
      row ?? (kept === undefined ? undefined : { value: Buffer.from(kept), partition, offset: -1 });
    const value = base === undefined ? newValue(state, write.fields) : withFields(state, base, write.fields);
    refuseUnkept(state, write.key, write.fields, value);
    return { partition, key: write.key, value };
  });
}

/** It can't be looked at before it is committed, as a row of a table can: so it is read back from what is sent. */
function refuseUnkept(state: State, key: string, wanted: Fields, value: string): void {
  const readBack = fieldsOf(state, { value: Buffer.from(value), partition: 0, offset: -1 });
  if (!agree(wanted, readBack))
    throw unfit(
      state,
      `JSON does not keep what is to be written of ${key}: it would be read otherwise.`,
      null,
    );
}

/** Of rows that are deleted, all that stands in them: an undoing brings it back. */
export function wholeValues(
  writes: readonly Write[],
  current: ReadonlyMap<string, TopicRow>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    writes.flatMap(({ kind, key }) => {
      const row = current.get(key);
      return kind === 'delete' && row !== undefined ? [[key, row.value.toString('utf8')]] : [];
    }),
  );
}

/** Whether every row stands where Kafka's default partitioner puts its key. */
export function isPlacedByMurmur2({ partitions }: TopicRows): boolean {
  const count = partitions.size;
  if (count === 1) return true;
  return [...partitions].every(([partition, { rows }]) =>
    [...rows.keys()].every((key) => murmur2Partition(Buffer.from(key), count) === partition),
  );
}
