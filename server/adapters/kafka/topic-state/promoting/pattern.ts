import type { TopicState } from '../../../../domain/contract/index.ts';
import { murmur2Partition } from '../../../../domain/replay/index.ts';
import type { TopicRows } from '../topic-rows.ts';
import { kindAt, type NumberKinds, type RowHeaders, sameHeaders } from '../values.ts';

type State = TopicState<unknown>;

/** What the rows that are there tell of one that nobody has written yet. */
export type Pattern = {
  /** The number of partitions over which murmur2 places keys; null where something else places them. */
  readonly placeOf: number | null;
  /** What every row has for headers; undefined where they differ. */
  readonly headers: RowHeaders | undefined;
  /** What stands at each path: numbers, texts, or (left out) both, or nothing that tells. */
  readonly kinds: NumberKinds;
};

/** Rows that are looked into for what stands at a path: enough to tell, and soon read. */
const rowsLookedInto = 5_000;

export function patternOf(state: State, rows: TopicRows): Pattern {
  return {
    placeOf: isPlacedByMurmur2(rows) ? rows.partitions.size : null,
    headers: headersOfAll(rows),
    kinds: kindsOf(state, rows),
  };
}

/** Whether every row stands where Kafka's default partitioner puts its key. */
export function isPlacedByMurmur2({ partitions }: TopicRows): boolean {
  const count = partitions.size;
  if (count === 1) return true;
  return [...partitions].every(([partition, { rows }]) =>
    [...rows.keys()].every((key) => murmur2Partition(Buffer.from(key), count) === partition),
  );
}

function headersOfAll({ partitions }: TopicRows): RowHeaders | undefined {
  let common: RowHeaders | undefined;
  for (const { rows } of partitions.values())
    for (const { headers } of rows.values()) {
      common ??= headers;
      if (!sameHeaders(common, headers)) return undefined;
    }
  return common ?? [];
}

function kindsOf(state: State, { partitions }: TopicRows): NumberKinds {
  const found = new Map<string, 'number' | 'text'>();
  const mixed = new Set<string>();
  let left = rowsLookedInto;
  for (const { rows } of partitions.values())
    for (const row of rows.values()) {
      left -= 1;
      if (left < 0) return found;
      for (const [path, kind] of kindAt(state, row)) {
        if (mixed.has(path)) continue;
        if ((found.get(path) ?? kind) === kind) found.set(path, kind);
        else {
          found.delete(path);
          mixed.add(path);
        }
      }
    }
  return found;
}
