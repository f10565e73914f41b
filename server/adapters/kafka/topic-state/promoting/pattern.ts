import type { TopicState } from '../../../../domain/contract/index.ts';
import { murmur2Partition } from '../../../../domain/replay/index.ts';
import { bothForms, type FigureForm, type FigureForms } from '../figures.ts';
import type { TopicRows } from '../topic-rows.ts';
import { formsIn, type RowHeaders, sameHeaders } from '../values.ts';

type State = TopicState<unknown>;

/** What the rows that are there tell of one that nobody has written yet. */
export type Pattern = {
  readonly place: Placing;
  /** What every row has for headers; undefined where they differ, or where there is no row. */
  readonly headers: RowHeaders | undefined;
  readonly forms: FigureForms;
};

/** Whether Kafka's default partitioner (murmur2) places the keys, over how many partitions; or why that can't be told. */
export type Placing =
  | { readonly kind: 'murmur2'; readonly partitions: number }
  | { readonly kind: 'otherwise' | 'too-few-rows' };

/** Rows that are looked into for how figures stand: enough to tell, and soon read. */
const rowsLookedInto = 5_000;

/** So seldom (2 to the minus) keys may stand by chance where murmur2 puts them, to be taken for placed by it. */
const bitsThatTell = 20;

export function patternOf(state: State, rows: TopicRows): Pattern {
  return {
    place: placingOf(rows),
    headers: headersOfAll(rows),
    forms: formsOf(state, rows),
  };
}

/** By every row, since one that stands elsewhere is enough to tell that something else places them. */
export function placingOf(rows: TopicRows): Placing {
  const count = rows.partitions.size;
  if (count === 1) return { kind: 'murmur2', partitions: 1 };
  const isSo = [...rows.partitions].every(([partition, held]) =>
    [...held.rows.keys()].every((key) => murmur2Partition(Buffer.from(key), count) === partition),
  );
  if (!isSo) return { kind: 'otherwise' };
  if (rows.size * Math.log2(count) < bitsThatTell) return { kind: 'too-few-rows' };
  return { kind: 'murmur2', partitions: count };
}

function headersOfAll({ partitions }: TopicRows): RowHeaders | undefined {
  let common: RowHeaders | undefined;
  for (const { rows } of partitions.values())
    for (const { headers } of rows.values()) {
      common ??= headers;
      if (!sameHeaders(common, headers)) return undefined;
    }
  return common;
}

function formsOf(state: State, { partitions }: TopicRows): FigureForms {
  const found = new Map<string, FigureForm>();
  let left = rowsLookedInto;
  for (const { rows } of partitions.values())
    for (const row of rows.values()) {
      left -= 1;
      if (left < 0) return found;
      for (const [path, form] of formsIn(state, row))
        found.set(path, bothForms(found.get(path) ?? form, form));
    }
  return found;
}
