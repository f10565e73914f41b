import type { Scalar, TopicState } from '../../../../domain/contract/index.ts';
import { agree, type Write } from '../../../../domain/promotion/index.ts';
import { murmur2Partition } from '../../../../domain/replay/index.ts';
import type { RepriseError } from '../../../../domain/shared/errors.ts';
import { fieldsOf, newValue, type RowHeaders, type TopicRow, withFields } from '../values.ts';
import type { Pattern, Placing } from './pattern.ts';
import { type KeptRow, promotionTopic } from './promotion-log.ts';
import { unfit } from './target-errors.ts';
import type { OutgoingRecord } from './writer.ts';

type State = TopicState<unknown>;
type Fields = Readonly<Record<string, Scalar>>;

type Before = {
  readonly current: ReadonlyMap<string, TopicRow>;
  /** Rows as they were that the promotion which is undone has deleted, by key; null where none is undone. */
  readonly undone: Readonly<Record<string, KeptRow>> | null;
  readonly pattern: Pattern;
};

/** What is to be sent, each record read back as a reader would before anything of it goes out. */
export function recordsOf(
  state: State,
  writes: readonly Write[],
  { current, undone, pattern }: Before,
): readonly OutgoingRecord[] {
  return writes.map((write) => {
    const { key } = write;
    const row = current.get(key);
    const partition = row?.partition ?? partitionOfNew(state, key, pattern);
    if (write.kind === 'delete') return { partition, key, value: null, headers: [] };
    const base = row ?? (undone === null ? undefined : deletedRow(state, key, undone, partition));
    const headers = base?.headers ?? headersOfNew(state, pattern);
    const { forms } = pattern;
    const value =
      base === undefined
        ? newValue(state, write.fields, forms)
        : withFields(state, base, write.fields, forms);
    if (value === null)
      throw unfit(
        state,
        `the row of ${key} would get a figure, and neither it nor the other rows tell how it is to stand there: as a number or as text, and as text with how many decimals.`,
        'Promote the other keys, or fields.',
      );
    refuseUnkept(state, key, write.fields, value);
    return { partition, key, value, headers };
  });
}

/** The mapped fields alone would be another row than the one that was deleted. */
function deletedRow(
  state: State,
  key: string,
  undone: Readonly<Record<string, KeptRow>>,
  partition: number,
): TopicRow {
  const kept = Object.hasOwn(undone, key) ? undone[key] : undefined;
  if (kept !== undefined) return toRow(kept, partition);
  throw unfit(
    state,
    `the row of ${key} that was deleted is not kept in ${promotionTopic(state)} any more, and the mapped fields are not all of it.`,
    null,
  );
}

function partitionOfNew(state: State, key: string, { place }: Pattern): number {
  if (place.kind === 'murmur2') return murmur2Partition(Buffer.from(key), place.partitions);
  throw misplaced(state, place);
}

export function misplaced(state: State, { kind }: Placing): RepriseError {
  return unfit(
    state,
    kind === 'too-few-rows'
      ? "it holds too few rows to tell whether Kafka's default partitioner (murmur2) puts them where they stand, so nothing tells where a new row goes."
      : "its keys do not stand in the partitions where Kafka's default partitioner (murmur2) puts them, so nothing tells where a new row goes.",
    'Promote only keys whose rows are there.',
  );
}

/** Whoever reads the rows may go by their headers, as by one that names a type or a schema. */
export function headersOfNew(state: State, { headers }: Pattern): RowHeaders {
  if (headers !== undefined) return headers;
  throw unfit(
    state,
    'its rows have different record headers, or it has no rows, so nothing tells which ones a new row has.',
    'Promote only keys whose rows are there.',
  );
}

/** It can't be looked at before it is committed, as a row of a table can: so it is read back from what is sent. */
function refuseUnkept(state: State, key: string, wanted: Fields, value: string): void {
  const readBack = fieldsOf(state, { value: Buffer.from(value), headers: [], partition: 0, offset: -1 });
  if (!agree(wanted, readBack))
    throw unfit(
      state,
      `JSON does not keep what is to be written of ${key}: it would be read otherwise.`,
      null,
    );
}

/** Of rows that are deleted, all that stands in them: an undoing brings it back. */
export function wholeRows(
  writes: readonly Write[],
  current: ReadonlyMap<string, TopicRow>,
): Readonly<Record<string, KeptRow>> {
  return Object.fromEntries(
    writes.flatMap(({ kind, key }) => {
      const row = current.get(key);
      return kind === 'delete' && row !== undefined ? [[key, toKept(row)]] : [];
    }),
  );
}

function toKept({ value, headers }: TopicRow): KeptRow {
  return {
    value: value.toString('utf8'),
    headers: headers.map(([name, bytes]) => [name, bytes.toString('base64')]),
  };
}

function toRow(kept: KeptRow, partition: number): TopicRow {
  // Noted before headers were kept.
  if (typeof kept === 'string') return { value: Buffer.from(kept), headers: [], partition, offset: -1 };
  const headers = kept.headers.map(([name, text]) => [name, Buffer.from(text, 'base64')] as const);
  return { value: Buffer.from(kept.value), headers, partition, offset: -1 };
}
