import type { HistoryReader, ReadOptions, ReadRange } from '../../application/ports/history.ts';
import type { KafkaHistory } from '../../domain/contract/index.ts';
import type { HistoryState, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { comparePositions, exactNumber, position, positionText } from '../../domain/shared/positions.ts';
import { BulkRead } from './bulk-read.ts';
import type { Cluster } from './cluster.ts';
import { groupLag } from './group-lag.ts';
import { toHole } from './hole.ts';
import { endsEarly, logTruncated, recreated } from './range-faults.ts';
import type { KafkaLog, ReadTuning } from './settings.ts';

export type ReaderParts = {
  readonly cluster: Cluster;
  /** Bulk reads have connections of their own: a broker answers the requests of one connection in turn. */
  readonly openReadCluster: () => Cluster;
  readonly tuning: ReadTuning;
  readonly log: KafkaLog;
};

/** Everything of the port but readiness(), which needs the whole contract and not only its history. */
export function createReader(
  history: Pick<KafkaHistory, 'topic'>,
  parts: ReaderParts,
): Omit<HistoryReader, 'readiness'> {
  const { cluster, log } = parts;
  const { topic } = history;
  return {
    describe: () => describeTopic(cluster, topic),
    offsetsAt: (instantMs) => offsetsAt(cluster, topic, instantMs),
    read: (ranges, options, onBatch) => read(topic, parts, ranges, options, onBatch),
    groupLag: (group) => groupLag(cluster, topic, group, log),
    sizes: () => cluster.sizes(topic),
    close: async () => undefined,
  };
}

async function describeTopic(cluster: Cluster, topic: string): Promise<HistoryState> {
  const { id, partitions } = await cluster.topic(topic);
  // Before the last stable ones: of a busy topic these would lag behind otherwise, as if transactions were open.
  const highs = await cluster.offsets(topic, 'high-watermark');
  const [starts, stables, configs] = await Promise.all([
    cluster.offsets(topic, 'log-start'),
    cluster.offsets(topic, 'last-stable'),
    cluster.configs(topic),
  ]);
  const highOf = (partition: number) => {
    const [high, stable] = [highs.get(partition) ?? 0n, stables.get(partition) ?? 0n];
    return high > stable ? high : stable;
  };
  const text = (offsets: ReadonlyMap<number, bigint>, partition: number) =>
    positionText(position(offsets.get(partition) ?? 0n));
  return {
    identity: id,
    kind: 'kafka',
    name: topic,
    visibleBefore: null,
    cleanupPolicy: configs?.get('cleanup.policy') ?? null,
    partitions: partitions.map(({ partition }) => ({
      partition,
      logStart: text(starts, partition),
      lastStable: text(stables, partition),
      highWatermark: positionText(position(highOf(partition))),
    })),
  };
}

async function offsetsAt(cluster: Cluster, topic: string, instantMs: number) {
  // Kafka takes negative instants for other questions (-1 the end, -2 the start).
  const found = await cluster.offsets(
    topic,
    instantMs < 0 ? 'log-start' : { instantMs: Math.floor(instantMs) },
  );
  const ends = await cluster.offsets(topic, 'last-stable');
  return [...ends]
    .map(([partition, end]) => {
      const offset = found.get(partition) ?? -1n;
      return { partition, offset: offset < 0n ? end : offset };
    })
    .sort((a, b) => a.partition - b.partition);
}

async function read(
  topic: string,
  parts: ReaderParts,
  ranges: readonly ReadRange[],
  options: ReadOptions,
  onBatch: (batch: RecordBatch) => Promise<void>,
): Promise<void> {
  options.signal.throwIfAborted();
  const before = await describeTopic(parts.cluster, topic);
  if (before.identity !== options.identity) throw recreated(topic, options.identity, before.identity);
  for (const range of ranges) checkRange(topic, before, range);
  if (new Set(ranges.map((r) => r.partition)).size < ranges.length) {
    throw new RepriseError('input-invalid', 'A read names a partition twice.', { where: topic });
  }
  const readCluster = parts.openReadCluster();
  try {
    const job = {
      topic,
      topicId: options.identity,
      ranges: ranges.map((r) => ({
        partition: r.partition,
        from: exactNumber(r.from),
        to: exactNumber(r.to),
      })),
      hole: toHole(before.cleanupPolicy),
      signal: options.signal,
      onBatch,
    };
    await new BulkRead(readCluster, job, parts.tuning, parts.log).run();
  } finally {
    await readCluster.close();
  }
}

/** What is not there before the first record is read is refused at once, with the exact range. */
function checkRange(topic: string, state: HistoryState, range: ReadRange): void {
  if (comparePositions(position(range.from), position(range.to)) >= 0) return;
  const found = state.partitions.find((p) => p.partition === range.partition);
  if (!found) {
    throw new RepriseError(
      'history-missing',
      `Topic ${topic} has ${state.partitions.length} partitions and no partition ${range.partition}.`,
      { where: `${topic}/${range.partition}` },
    );
  }
  const wanted = { partition: range.partition, at: exactNumber(range.from), to: exactNumber(range.to) };
  const logStart = Number(found.logStart);
  if (logStart > wanted.at) throw logTruncated(topic, wanted, logStart);
  const highWatermark = Number(found.highWatermark);
  if (highWatermark < wanted.to) {
    throw endsEarly(topic, wanted, { highWatermark, lastStable: Number(found.lastStable) });
  }
}
