import type {
  DerivedSnapshot,
  DerivedStateReader,
  LiveRow,
} from '../../../application/ports/derived-state.ts';
import type { TopicState } from '../../../domain/contract/index.ts';
import { compareKeys } from '../../../domain/reconciliation/index.ts';
import { inPlace, unavailable, unreadable } from './errors.ts';
import { checkReadiness } from './readiness.ts';
import { positionOf, type TopicParts, type TopicSnapshot, withRows, withSnapshot } from './snapshot.ts';
import type { TopicRows } from './topic-rows.ts';
import { fieldsOf, type TopicRow } from './values.ts';

type State = TopicState<unknown>;

const batchRows = 2_000;

/** Reads live read models in compacted topics. It joins no group and commits nothing. */
export function createTopicStates(parts: TopicParts): DerivedStateReader<State> {
  return {
    openSnapshot: (state) =>
      placed(state, () =>
        withSnapshot(parts, state, (snapshot) =>
          toSnapshot(state, { ...snapshot, rows: snapshot.rows.copy() }),
        ),
      ),
    positionOf: (state) =>
      placed(state, async () => ({ kind: 'per-partition', next: await positionOf(parts, state) })),
    tryReading: (state) =>
      placed(state, async () => {
        await parts.cluster.topic(state.topic);
        await positionOf(parts, state);
        if (state.transactionalId !== null) await parts.questions.transaction(state.transactionalId);
      }),
    readiness: (name, state) => checkReadiness(parts, name, state),
    rowsOf: (state, keys) =>
      placed(state, () => withRows(parts, state, (rows) => liveRowsOf(state, rows, keys))),
  };
}

async function placed<T>(state: State, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inPlace(state, error);
  }
}

/**
 * Throws where position and rows can't belong together: a group that has committed nothing has written none of the
 * rows that are there.
 */
export function refuseUncommitted(state: State, { next, rows }: TopicSnapshot): void {
  if (next.size > 0 || rows.size === 0) return;
  throw unavailable(
    state,
    `group ${state.consumerGroup} has committed nothing on ${state.historyTopic}, and ${rows.size} rows are there.`,
    'Check its name in the contract. The broker forgets the commits of a group that has had no member for offsets.retention.minutes (7 days, if nobody has set it).',
    { lasting: true },
  );
}

function toSnapshot(state: State, snapshot: TopicSnapshot): DerivedSnapshot {
  refuseUncommitted(state, snapshot);
  const { next, rows } = snapshot;
  return {
    appliedAt: { kind: 'per-partition', next },
    rows: () => allRows(state, rows),
    rowsOf: async (keys) => liveRowsOf(state, rows, keys),
    stayOpen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function* allRows(state: State, rows: TopicRows): AsyncGenerator<readonly LiveRow[]> {
  refuseUnreadableKey(state, rows);
  const keys = [...rows.partitions.values()].flatMap((held) => [...held.rows.keys()]).sort(compareKeys);
  for (let at = 0; at < keys.length; at += batchRows) {
    const some = keys.slice(at, at + batchRows);
    // Twins stand side by side, also where a batch ends between them.
    if (at > 0 && keys[at - 1] === some[0]) oneRow(state, rows, some[0] ?? '');
    yield liveRowsOf(state, rows, some);
  }
}

function liveRowsOf(state: State, rows: TopicRows, keys: readonly string[]): readonly LiveRow[] {
  return keys.flatMap((key) => {
    const row = oneRow(state, rows, key);
    return row === null ? [] : [{ key, fields: fieldsOf(state, row) }];
  });
}

/** A key with two rows has no one live value: comparing either would hide the other. */
export function oneRow(state: State, rows: TopicRows, key: string): TopicRow | null {
  const [row, another] = rows.of(key);
  if (row === undefined) return null;
  if (another === undefined) return row;
  throw unavailable(
    state,
    `key ${key} has more than one row: at offset ${row.offset} of partition ${row.partition}, and at offset ${another.offset} of partition ${another.partition}.`,
    'Have its projector write a tombstone where the key does not belong; a change of the number of partitions leaves such rows.',
    { where: `${state.topic}/${another.partition}@${another.offset}`, lasting: true },
  );
}

export function refuseUnreadableKey(state: State, rows: TopicRows): void {
  const place = rows.unreadableKey;
  if (place !== null)
    throw unreadable(
      state,
      place,
      'has no key, or one that is no text in UTF-8 without U+0000, so it belongs to nothing in the history.',
      'Have a tombstone written for its key; one without a key goes when the topic is compacted.',
    );
}
