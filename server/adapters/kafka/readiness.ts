import type { ReadinessCheck, ValueDecoder } from '../../application/ports/history.ts';
import type { EngineContract, KafkaHistory } from '../../domain/contract/index.ts';
import type { HistoryRecord } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Cluster } from './cluster.ts';
import { readFrom } from './look-up.ts';
import { checkTopic, type SampledRecord, type TopicFacts } from './readiness-checks.ts';
import { selectText } from './record-values.ts';

/** Records sampled at each of three places of a partition, and partitions sampled of a topic. */
const recordsAPlace = 200;
const mostPartitions = 32;

/**
 * Looks at the topic as it is now and judges it by what the contract needs. Throws history-unavailable only where the
 * topic can't be seen at all; a part that can't be had makes its own checks 'could-not-run'.
 */
export async function readiness(
  cluster: Cluster,
  history: KafkaHistory,
  contract: Pick<EngineContract, 'ordering' | 'envelope'>,
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
  const configs = await orWhyNot(cluster.configs(topic));
  const facts: TopicFacts = {
    topic,
    brokers,
    partitions,
    configs:
      configs ?? "The topic's settings are hidden: Reprise's Kafka user needs DESCRIBE_CONFIGS on the topic.",
    sample: await orWhyNot(sample(cluster, topic, partitions, contract, decoder)),
  };
  return checkTopic(facts, { history, partitioner: contract.ordering.partitioner });
}

async function sample(
  cluster: Cluster,
  topic: string,
  partitions: TopicFacts['partitions'],
  contract: Pick<EngineContract, 'ordering' | 'envelope'>,
  decoder: ValueDecoder,
): Promise<Exclude<TopicFacts['sample'], string>> {
  const step = Math.max(1, Math.ceil(partitions.length / mostPartitions));
  const chosen = partitions.filter((_, i) => i % step === 0);
  const records: SampledRecord[] = [];
  for (const { partition, logStart, lastStable } of chosen) {
    const sampled = await sampleOf(cluster, topic, partition, Number(logStart), Number(lastStable));
    await decoder.prepare({ partition, records: sampled, absences: [], next: Number(lastStable) });
    for (const record of sampled) records.push(toSampled(partition, record, contract, decoder));
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

function toSampled(
  partition: number,
  record: HistoryRecord,
  contract: Pick<EngineContract, 'ordering' | 'envelope'>,
  decoder: ValueDecoder,
): SampledRecord {
  let value: unknown;
  let undecodable: string | null = null;
  if (record.value !== null) {
    try {
      value = decoder.decode(record);
    } catch (error) {
      undecodable = error instanceof Error ? error.message : String(error);
    }
  }
  return {
    partition,
    offset: record.offset,
    key: selectText(contract.ordering.key, record, () => value),
    id: selectText(contract.envelope.id, record, () => value),
    isTombstone: record.value === null,
    undecodable,
  };
}

async function orWhyNot<T>(question: Promise<T>): Promise<T | string> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof RepriseError) return error.message;
    throw error;
  }
}
