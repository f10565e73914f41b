import type { ReadinessCheck, ValueDecoder } from '../../application/ports/history.ts';
import type { EngineContract, KafkaHistory } from '../../domain/contract/index.ts';
import { EventReader, type HistoryRecord } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { callBounded } from '../bounded-call.ts';
import type { Cluster } from './cluster.ts';
import { readFrom } from './read-from.ts';
import { checkTopic, type TopicFacts } from './readiness-checks.ts';
import type { Sample, SampledRecord } from './sample-checks.ts';

/** Records sampled at each of three places of a partition, and partitions sampled of a topic. */
const recordsAPlace = 200;
const mostPartitions = 32;
/** What the contract's schemas and upcasters may take for the sample of one partition. */
const sampleMs = 2_000;

/**
 * Looks at the topic as it is now and judges it by what the contract needs. Throws history-unavailable only where the
 * topic can't be seen at all; a part that can't be had makes its own checks 'could-not-run'.
 */
export async function readiness(
  cluster: Cluster,
  history: KafkaHistory,
  contract: EngineContract,
  decoder: ValueDecoder,
): Promise<readonly ReadinessCheck[]> {
  const { topic } = history;
  const [found, starts, ends, brokers] = await Promise.all([
    cluster.topic(topic),
    cluster.offsets(topic, 'log-start'),
    cluster.offsets(topic, 'last-stable'),
    cluster.brokers(),
  ]);
  const partitions = found.partitions.map((p) => ({
    partition: p.partition,
    logStart: String(starts.get(p.partition) ?? 0n),
    lastStable: String(ends.get(p.partition) ?? 0n),
    replicas: p.replicas,
    inSync: p.inSync,
  }));
  const { retention } = history;
  const needed =
    retention === 'everything'
      ? null
      : await cluster.offsets(topic, { instantMs: Math.floor(Date.now() - retention.days * dayMs) });
  const configs = await orWhyNot(cluster.configs(topic));
  const facts: TopicFacts = {
    topic,
    brokers,
    partitions,
    configs:
      configs ?? "The topic's settings are hidden: Reprise's Kafka user needs DESCRIBE_CONFIGS on the topic.",
    sample: await orWhyNot(sample(cluster, topic, partitions, contract, decoder)),
    // Kafka answers with -1 where no record is that young.
    neededFrom:
      needed &&
      new Map([...ends].map(([partition, end]) => [partition, atOrEnd(needed.get(partition), end)])),
  };
  return checkTopic(facts, { history, partitioner: contract.ordering.partitioner });
}

const dayMs = 86_400_000;
const atOrEnd = (offset: bigint | undefined, end: bigint) =>
  offset === undefined || offset < 0n ? end : offset;

async function sample(
  cluster: Cluster,
  topic: string,
  partitions: TopicFacts['partitions'],
  contract: EngineContract,
  decoder: ValueDecoder,
): Promise<Sample> {
  const step = Math.max(1, Math.ceil(partitions.length / mostPartitions));
  const chosen = partitions.filter((_, i) => i % step === 0);
  const decode = (record: HistoryRecord) => decoder.decode(record);
  const reader = new EventReader({
    contract: { ...contract, erasure: null },
    decode,
    keys: null,
    subjects: null,
  });
  const records: SampledRecord[] = [];
  for (const { partition, logStart, lastStable } of chosen) {
    const sampled = await sampleOf(cluster, topic, partition, Number(logStart), Number(lastStable));
    await decoder.prepare({ partition, records: sampled, absences: [], next: Number(lastStable) });
    const read = callBounded(`reading a sample of partition ${partition}`, sampleMs, () =>
      sampled.map((record) => toSampled(partition, record, reader, contract.erasure !== null)),
    );
    records.push(...read);
  }
  return { records, ofPartitions: chosen.length };
}

/** The first, the middle and the last few hundred records. */
async function sampleOf(
  cluster: Cluster,
  topic: string,
  partition: number,
  start: number,
  end: number,
): Promise<readonly HistoryRecord[]> {
  const middle = Math.floor((start + end - recordsAPlace) / 2);
  const places = [start, middle, end - recordsAPlace].map((at) => Math.max(start, at));
  const found = new Map<number, HistoryRecord>();
  for (const from of places) {
    const until = Math.min(end, from + recordsAPlace);
    for (let at = from; at < until; ) {
      const run = await readFrom(cluster, topic, partition, at);
      for (const record of run.records) if (record.offset < until) found.set(record.offset, record);
      at = run.next;
    }
  }
  return [...found.values()].sort((a, b) => a.offset - b.offset);
}

/**
 * Reads a record as a fold would. Fields that are encrypted are what they are only once decrypted, so where a
 * contract names some, its events are not held against their schemas here.
 */
function toSampled(
  partition: number,
  record: HistoryRecord,
  reader: EventReader,
  hasErasure: boolean,
): SampledRecord {
  const isQuarantined = reader.read(record) === 'quarantined';
  const { key, reason, detail } = reader;
  const isUnfit = reason === 'invalid-data' || reason === 'upcast-failed';
  const problem = isQuarantined && !(hasErasure && isUnfit) ? { reason, detail } : null;
  return { partition, offset: record.offset, key, problem };
}

async function orWhyNot<T>(question: Promise<T>): Promise<T | string> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof RepriseError) return error.message;
    throw error;
  }
}
