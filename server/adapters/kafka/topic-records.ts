import type {
  PartitionEnds,
  RecordsFound,
  TopicRecords,
  WholeRecord,
} from '../../application/ports/topic-records.ts';
import type { Absence } from '../../domain/replay/index.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import { BulkRead } from './bulk-read.ts';
import type { Cluster, Topic } from './cluster.ts';
import { asUnavailable, code, passing, unavailable, unavailableUntilMended } from './failures.ts';
import { fetchFrom } from './fetch.ts';
import { type Hole, holeOf } from './hole.ts';
import { toRecordBatches } from './partition-answer.ts';
import { refused } from './range-faults.ts';
import { CorruptBatchError, frames, readWhole } from './record-batch.ts';
import { defaultReadTuning, type KafkaLog } from './settings.ts';

/** Enough for one batch of most producers; a larger one comes whole all the same (KIP-74). */
const answerBytes = 256 << 10;
const tries = 4;
/** So many answers with nothing in them, where the broker says that there is more, are a hole in a compacted topic. */
const emptyAnswersOfAHole = 3;
/** More are told by their offsets alone. */
const mostCounted = 200_000n;

type Span = { readonly records: readonly WholeRecord[]; readonly absences: readonly Absence[] };

/** Looks at single records, beside the bulk reads of histories. */
export function openTopicRecords(cluster: Cluster, log: KafkaLog): TopicRecords {
  const inLog = async (topic: string, partition: number, range: { from: bigint; to: bigint }) => {
    const ends = await endsOf(cluster, topic, partition);
    // What somebody asks for may be larger than a number is exact, and is beyond every log then.
    const from = Math.max(Number(range.from), exactNumber(ends.logStart));
    const to = Math.min(Number(range.to), exactNumber(ends.lastStable));
    return { ends, from, to: Math.max(from, to) };
  };

  return {
    ends: (topic, partition) => endsOf(cluster, topic, partition),
    read: async (topic, partition, range, signal): Promise<RecordsFound> => {
      const { ends, from, to } = await inLog(topic, partition, range);
      const span = await readSpan(cluster, {
        topic,
        partition,
        from,
        to,
        hole: await holeOf(cluster, topic),
        signal,
      });
      return { ends, ...span };
    },
    count: async (topic, partition, range, signal) => {
      if (range.to - range.from > mostCounted) return null;
      const { ends, from, to } = await inLog(topic, partition, range);
      let records = 0;
      const job = {
        topic,
        topicId: ends.topicId,
        ranges: [{ partition, from, to }],
        hole: await holeOf(cluster, topic),
        signal,
        onBatch: async (batch: { readonly records: readonly unknown[] }) => {
          records += batch.records.length;
        },
      };
      await new BulkRead(
        cluster,
        job,
        { ...defaultReadTuning, waitMs: 20, giveUpAfterMs: 10_000 },
        log,
      ).run();
      return records;
    },
  };
}

async function endsOf(cluster: Cluster, topic: string, partition: number): Promise<PartitionEnds> {
  const { id, partitions } = await cluster.topic(topic);
  if (partitions[partition] === undefined)
    throw unavailableUntilMended(
      `Topic ${topic} has ${partitions.length} partitions, from 0 on, and no partition ${partition}.`,
      `${topic}/${partition}`,
    );
  // Before the last stable one, so that it never lies before it.
  const highs = await cluster.offsets(topic, 'high-watermark');
  const [starts, stables] = await Promise.all([
    cluster.offsets(topic, 'log-start'),
    cluster.offsets(topic, 'last-stable'),
  ]);
  const lastStable = stables.get(partition) ?? 0n;
  const high = highs.get(partition) ?? 0n;
  return {
    topicId: id,
    logStart: starts.get(partition) ?? 0n,
    lastStable,
    highWatermark: high > lastStable ? high : lastStable,
  };
}

async function readSpan(
  cluster: Cluster,
  wanted: {
    readonly topic: string;
    readonly partition: number;
    readonly from: number;
    readonly to: number;
    readonly hole: Hole;
    readonly signal: AbortSignal;
  },
): Promise<Span> {
  const { topic, partition, to, hole, signal } = wanted;
  const records: WholeRecord[] = [];
  const absences: Absence[] = [];
  let empty = 0;
  for (let at = wanted.from; at < to; ) {
    signal.throwIfAborted();
    const { whole, aborted } = await fetchWhole(cluster, topic, partition, at, signal);
    const slice = { partition, frames: whole, aborted };
    const batches = [...refusingCorrupt(topic, partition, () => [...toRecordBatches(slice, at, to, hole)])];
    const next = batches.at(-1)?.next ?? at;
    if (next === at) {
      empty += 1;
      if (empty < emptyAnswersOfAHole) continue;
      if (hole !== 'compacted')
        throw unavailable(
          `The broker says that ${topic}/${partition} can be read up to offset ${to}, and answers with nothing at offset ${at}.`,
          `${topic}/${partition}`,
        );
      absences.push({ from: at, to, cause: hole });
      break;
    }
    const there = new Set(batches.flatMap((batch) => batch.records.map(({ offset }) => offset)));
    const found = refusingCorrupt(topic, partition, () => whole.flatMap((frame) => readWhole(frame)));
    records.push(...found.filter(({ offset }) => there.has(offset)).map(copied));
    absences.push(...batches.flatMap((batch) => batch.absences));
    at = next;
    empty = 0;
  }
  return { records, absences: joined(absences) };
}

/** Of a view into an answer, which would be kept alive as long as the record is. */
function copied(record: WholeRecord): WholeRecord {
  const copy = (bytes: Uint8Array | null) => (bytes === null ? null : new Uint8Array(bytes));
  return {
    ...record,
    key: copy(record.key),
    value: copy(record.value),
    headers: record.headers.map(([name, value]) => [name, copy(value)] as const),
  };
}

/** Two answers may each hold a part of what is absent for one cause. */
function joined(absences: readonly Absence[]): Absence[] {
  const whole: Absence[] = [];
  for (const each of absences) {
    const before = whole.at(-1);
    if (before?.cause === each.cause && before.to === each.from) {
      whole.pop();
      whole.push({ ...before, to: each.to });
    } else whole.push(each);
  }
  return whole;
}

async function fetchWhole(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: number,
  signal: AbortSignal,
) {
  const where = `${topic}/${partition}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const found: Topic = await cluster.topic(topic);
      const leader = found.partitions[partition]?.leader;
      if (!leader) throw unavailable(`Partition ${partition} of topic ${topic} has no leader.`, where);
      const connection = await cluster.connection(leader);
      const answer = await fetchFrom(connection, {
        topicId: found.id,
        partitions: [{ partition, from, maxBytes: answerBytes }],
        maxBytes: answerBytes,
        waitMs: 50,
      });
      const fetched = answer.partitions[0];
      const error = answer.error || (fetched?.error ?? 0);
      if (error === code.offsetOutOfRange)
        throw unavailable(`Offset ${from} of ${where} has left the log meanwhile.`, where);
      if (error !== 0 && !(passing.has(error) && attempt < tries)) throw refused(topic, partition, error);
      if (error === 0 && fetched)
        return {
          whole: refusingCorrupt(topic, partition, () => frames(fetched.records)),
          aborted: fetched.aborted,
        };
    } catch (error) {
      if (attempt >= tries) throw asUnavailable(error, `Reading offset ${from} of ${where}`, where);
    }
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
  }
}

function refusingCorrupt<T>(topic: string, partition: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    throw unavailableUntilMended(
      `Partition ${partition} of topic ${topic} can't be read: ${error.message}.`,
      `${topic}/${partition}`,
      error,
    );
  }
}
