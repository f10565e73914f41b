import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { z } from 'zod';
import type { HistoryReader, ReadRange } from '../../application/ports/history.ts';
import {
  defineContract,
  event,
  fromKey,
  fromValue,
  type KafkaHistory,
  kafkaHistory,
} from '../../domain/contract/define.ts';
import type { EngineContract } from '../../domain/contract/index.ts';
import type { Absence, HistoryRecord } from '../../domain/replay/index.ts';
import { createKafka, type Kafka as KafkaAdapter } from './create-kafka.ts';
import type { KafkaLog, KafkaSettings, ReadTuning } from './settings.ts';

/** What tests write with: another client than the one that reads. */
export type BrokerUnderTest = {
  readonly admin: Admin;
  readonly producer: Producer;
  readonly adapter: KafkaAdapter;
  readonly logged: { level: string; fields: Readonly<Record<string, unknown>>; sentence: string }[];
  /** Creates a topic of a name that nobody else uses; it is deleted by `close`. */
  topic(partitions: number, configs?: Readonly<Record<string, string>>): Promise<string>;
  /** Writes values v0, v1 … with keys k0, k1 … to one partition. */
  write(topic: string, partition: number, count: number, from?: number): Promise<void>;
  transaction(
    topic: string,
    partition: number,
    values: readonly string[],
    end: 'commit' | 'abort',
  ): Promise<void>;
  contract(topic: string, history?: Partial<KafkaHistory>): EngineContract;
  open(topic: string, history?: Partial<KafkaHistory>): Promise<HistoryReader>;
  close(): Promise<void>;
};

export async function connect(
  brokers: string,
  options: { registryUrl?: string; tuning?: ReadTuning } = {},
): Promise<BrokerUnderTest> {
  const kafka = new Kafka({
    clientId: 'reprise-test',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  // A busy machine makes producers try again, and a test says itself what is delivered twice.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await admin.connect();
  await producer.connect();
  const logged: BrokerUnderTest['logged'] = [];
  const log: KafkaLog = (level, fields, sentence) => void logged.push({ level, fields, sentence });
  const settings: KafkaSettings = {
    brokers: brokers.split(','),
    tls: false,
    sasl: null,
    registryUrl: options.registryUrl ?? null,
    clientId: 'reprise-test',
  };
  const adapter = createKafka(settings, log, options.tuning ? { tuning: options.tuning } : {});
  const made: string[] = [];
  const transactional = new Map<string, Producer>();
  const transactionalProducer = async (id: string): Promise<Producer> => {
    const known = transactional.get(id);
    if (known) return known;
    const opened = kafka.producer({ transactionalId: id, maxInFlightRequests: 1, idempotent: true });
    await opened.connect();
    transactional.set(id, opened);
    return opened;
  };
  return {
    admin,
    producer,
    adapter,
    logged,
    topic: async (partitions, configs = {}) => {
      const topic = `kafka-adapter-${crypto.randomUUID().slice(0, 8)}`;
      await admin.createTopics({
        waitForLeaders: false, // kafkajs fails where the broker does not know the topic yet
        topics: [
          {
            topic,
            numPartitions: partitions,
            configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
          },
        ],
      });
      made.push(topic);
      await untilLed(admin, topic, partitions);
      return topic;
    },
    write: async (topic, partition, count, from = 0) => {
      const messages = Array.from({ length: count }, (_, i) => ({
        partition,
        key: `k${from + i}`,
        value: `{"event_id":"v${from + i}"}`,
      }));
      await producer.send({ topic, messages });
    },
    transaction: async (topic, partition, values, end) => {
      const transactor = await transactionalProducer(`tx-${topic}-${partition}`);
      const transaction = await transactor.transaction();
      await transaction.send({ topic, messages: values.map((value) => ({ partition, key: 'k', value })) });
      await (end === 'commit' ? transaction.commit() : transaction.abort());
    },
    contract: contractOn,
    open: async (topic, history = {}) => (await adapter.openHistory(contractOn(topic, history))).reader,
    close: async () => {
      await adapter.close();
      for (const opened of transactional.values()) await opened.disconnect();
      const left = await admin.listTopics();
      await admin.deleteTopics({ topics: made.filter((topic) => left.includes(topic)) });
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}

function contractOn(topic: string, history: Partial<KafkaHistory> = {}): EngineContract {
  const contract = defineContract({
    id: 'under-test',
    title: 'Under test',
    authors: ['test'],
    history: { ...kafkaHistory({ topic }), ...history },
    envelope: { id: fromValue('event_id'), type: fromValue('type') },
    ordering: { key: fromKey(), partitioner: 'murmur2' },
    events: { T: event(1, z.object({ event_id: z.string() })) },
    projection: { initial: () => 0, apply: (state: number) => state + 1 },
    derivedStates: {},
  });
  return contract as unknown as EngineContract;
}

async function untilLed(admin: Admin, topic: string, partitions: number): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => null);
    const led = metadata?.topics[0]?.partitions.filter((p) => p.leader >= 0) ?? [];
    if (led.length === partitions) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`topic ${topic} has no leaders`);
}

export type Collected = {
  /** Values as text by partition; null is a tombstone. */
  readonly values: ReadonlyMap<number, readonly (string | null)[]>;
  readonly records: ReadonlyMap<number, readonly HistoryRecord[]>;
  readonly absences: ReadonlyMap<number, readonly Absence[]>;
  readonly next: ReadonlyMap<number, number>;
};

/** Reads ranges (everything, when none are given) and checks what every read must keep to: each offset exactly once, in order. */
export async function collect(
  reader: HistoryReader,
  wanted: readonly ReadRange[] | null = null,
  onBatch: (seen: number) => Promise<void> = async () => undefined,
): Promise<Collected> {
  const state = await reader.describe();
  const ranges =
    wanted ??
    state.partitions.map((p) => ({
      partition: p.partition,
      from: BigInt(p.logStart),
      to: BigInt(p.lastStable),
    }));
  const records = new Map<number, HistoryRecord[]>();
  const absences = new Map<number, Absence[]>();
  const next = new Map(ranges.map((r) => [r.partition, Number(r.from)]));
  let seen = 0;
  const signal = new AbortController().signal;
  await reader.read(ranges, { identity: state.identity, visibleBefore: null, signal }, async (batch) => {
    const start = next.get(batch.partition) ?? -1;
    const spans = [
      ...batch.records.map((r) => ({ from: r.offset, to: r.offset + 1 })),
      ...batch.absences,
    ].sort((a, b) => a.from - b.from);
    let at = start;
    for (const span of spans) {
      if (span.from !== at)
        throw new Error(`offset ${at} of partition ${batch.partition} is not accounted for`);
      at = span.to;
    }
    if (at !== batch.next) throw new Error(`next is ${batch.next} where ${at} was reached`);
    next.set(batch.partition, batch.next);
    records.set(batch.partition, [...(records.get(batch.partition) ?? []), ...batch.records]);
    absences.set(batch.partition, [...(absences.get(batch.partition) ?? []), ...batch.absences]);
    seen += batch.records.length;
    await onBatch(seen);
  });
  const values = new Map(
    [...records].map(([partition, rs]) => [
      partition,
      rs.map((r) => (r.value === null ? null : Buffer.from(r.value).toString('utf8'))),
    ]),
  );
  return { values, records, absences, next };
}
