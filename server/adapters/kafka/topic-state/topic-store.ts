import type { TopicState } from '../../../domain/contract/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { BulkRead } from '../bulk-read.ts';
import type { Cluster } from '../cluster.ts';
import { defaultReadTuning, type KafkaLog, type ReadTuning } from '../settings.ts';
import { asRowsFault, unavailable } from './errors.ts';
import { TopicRows } from './topic-rows.ts';

type State = Pick<TopicState<unknown>, 'title' | 'topic'>;

/** The most that the rows of one topic may take in memory. */
const mostBytes = 512 << 20;
/** Rows that nobody has asked for so long are let go. */
const keptMs = 10 * 60_000;
/** So long a topic that was found too large is not read again. */
const tooLargeMs = 60_000;
/** Of delete.retention.ms: what is left of it is for the reading on. */
const tombstoneShare = 0.8;
/** Kafka's own delete.retention.ms, for a topic whose settings are hidden. */
const usualTombstoneMs = 86_400_000;
/** Tails are short, and there is something to be had up to an end that has been asked for. */
const tailTuning: ReadTuning = { ...defaultReadTuning, waitMs: 20, giveUpAfterMs: 30_000 };

type Held = {
  rows: TopicRows | null;
  /** The ends that are read to next are asked for after this instant. */
  askedAfterMs: number;
  turn: Promise<unknown>;
  tombstoneMs: number;
  tooLarge: { readonly error: Error; readonly atMs: number } | null;
};

/**
 * The rows of topics, kept in memory and brought up to date by reading what has been written since: a look-up of a few
 * keys reads a tail and not the topic.
 */
export type TopicStore = {
  /** One after the other for each topic, since each may read on. */
  inTurn<T>(topic: string, work: () => Promise<T>): Promise<T>;
  /**
   * Reads on to these offsets, from the beginning where nothing is held yet or a part of it can't be trusted any more. A
   * topic that was made anew may end where the one before did, so it is known by its id.
   */
  readTo(state: State, ends: ReadonlyMap<number, number>): Promise<TopicRows>;
  close(): void;
};

export function openTopicStore(cluster: Cluster, log: KafkaLog, limit: number = mostBytes): TopicStore {
  const held = new Map<string, Held>();
  const of = (topic: string): Held => {
    const known = held.get(topic);
    if (known !== undefined) return known;
    const made = {
      rows: null,
      askedAfterMs: performance.now(),
      turn: Promise.resolve(),
      tombstoneMs: usualTombstoneMs,
      tooLarge: null,
    };
    held.set(topic, made);
    return made;
  };
  const letGo = setInterval(() => {
    for (const each of held.values()) if (isStale(each, keptMs)) each.rows = null;
  }, keptMs / 2);
  letGo.unref();

  const read = async (state: State, rows: TopicRows, ends: ReadonlyMap<number, number>): Promise<void> => {
    const ranges = [...rows.partitions]
      .map(([partition, { next }]) => ({ partition, from: next, to: ends.get(partition) ?? next }))
      .filter(({ from, to }) => from < to);
    if (ranges.length > 0) {
      const onBatch = async (batch: Parameters<TopicRows['take']>[0]) => {
        rows.take(batch);
        if (rows.bytes <= limit) return;
        const error = tooLarge(state, limit);
        of(state.topic).tooLarge = { error, atMs: performance.now() };
        throw error;
      };
      const { signal } = new AbortController();
      const job = {
        topic: state.topic,
        topicId: rows.topicId,
        ranges,
        hole: 'compacted' as const,
        signal,
        onBatch,
      };
      await new BulkRead(cluster, job, tailTuning, log).run();
    }
    const own = of(state.topic);
    rows.readAtMs = own.askedAfterMs;
    own.askedAfterMs = performance.now();
    own.rows = rows;
  };

  const readAnew = async (state: State, ends: ReadonlyMap<number, number>): Promise<TopicRows> => {
    const own = of(state.topic);
    // Let go before the others are read: both at once would be twice what memory is allowed.
    own.rows = null;
    const [{ id }, starts, configs] = await Promise.all([
      cluster.topic(state.topic),
      cluster.offsets(state.topic, 'log-start'),
      cluster.configs(state.topic),
    ]);
    own.tombstoneMs = Number(configs?.get('delete.retention.ms') ?? usualTombstoneMs);
    const rows = TopicRows.from(id, starts);
    await read(state, rows, ends);
    return rows;
  };

  return {
    inTurn: (topic, work) => {
      const own = of(topic);
      const begin = () => {
        own.askedAfterMs = performance.now();
        return work();
      };
      const turn = own.turn.then(begin, begin);
      own.turn = turn.catch(() => undefined);
      return turn;
    },
    readTo: async (state, ends) => {
      const own = of(state.topic);
      if (own.tooLarge !== null && performance.now() - own.tooLarge.atMs < tooLargeMs)
        throw own.tooLarge.error;
      // A tombstone that compaction has taken before it was read would leave its row standing here.
      if (isStale(own, own.tombstoneMs * tombstoneShare)) own.rows = null;
      // The sweeper may let go of them while they are read on: they are held anew by that.
      const { rows } = own;
      try {
        if (rows !== null && isOf(rows, ends) && (await cluster.topic(state.topic)).id === rows.topicId) {
          await read(state, rows, ends);
          return rows;
        }
        return await readAnew(state, ends);
      } catch (error) {
        if (!isAway(error)) own.rows = null;
        if (!isAnother(error)) throw asRowsFault(state, error);
      }
      // Its beginning went away while it was read, or it is another topic by now: it is read from where it begins.
      return readAnew(state, ends).catch((error: unknown) => {
        throw asRowsFault(state, error);
      });
    },
    close: () => clearInterval(letGo),
  };
}

function isStale({ rows }: Held, ms: number): boolean {
  return rows !== null && performance.now() - rows.readAtMs > ms;
}

/** Whether the topic has the partitions that it had, and none that ends before what has been read of it. */
function isOf(rows: TopicRows, ends: ReadonlyMap<number, number>): boolean {
  if (rows.partitions.size !== ends.size) return false;
  return [...rows.partitions].every(([partition, { next }]) => (ends.get(partition) ?? -1) >= next);
}

/** The topic is another one by now, or its beginning has been deleted. */
function isAnother(error: unknown): boolean {
  return error instanceof RepriseError && /^history-(recreated|truncated|missing)$/.test(error.code);
}

/** A broker that is away takes nothing from what has been read. */
function isAway(error: unknown): boolean {
  return error instanceof RepriseError && error.code === 'history-unavailable';
}

function tooLarge(state: State, limit: number): RepriseError {
  return unavailable(
    state,
    `its rows come to more than ${Math.round(limit / 1024 / 1024)} MB, and Reprise holds the rows of a topic in memory to compare them.`,
    'Compare a smaller topic: what it can not be compared by need not stand in it.',
    { lasting: true },
  );
}
