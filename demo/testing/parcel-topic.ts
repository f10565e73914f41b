/**
 * Writes a topic as a service with transactions and a schema registry would, and keeps a ledger of what it wrote
 * where: what a replay has to come to can be worked out from that, without reading the topic.
 */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import {
  CompressionCodecs,
  CompressionTypes,
  Kafka,
  logLevel,
  type Message,
  Partitioners,
  type Producer,
} from 'kafkajs';

/** Something that happened to a parcel. `version` is the event's; the schema follows from it. */
export type ParcelFact = {
  readonly id: string;
  readonly parcel: string;
  readonly type: 'ParcelScanned' | 'ParcelDelivered' | 'ParcelPhotographed';
  readonly version: number;
  readonly atMs: number;
  readonly depot: string;
  readonly country: string;
  readonly lane: 'EXPRESS' | 'ECONOMY' | null;
  readonly grams: number;
  /** What becomes of the encoded value on its way, where it is to be one that nobody can read. */
  readonly spoil?: (value: Buffer) => Buffer;
};

type Ending = 'commit' | 'abort';
export type WrittenFact = {
  readonly fact: ParcelFact;
  readonly partition: number;
  readonly offset: number;
  ending: Ending | 'open';
};

export type OpenTransaction = {
  send(facts: readonly ParcelFact[]): Promise<void>;
  end(ending: Ending): Promise<void>;
};

export type ParcelTopic = Awaited<ReturnType<typeof openParcelTopic>>;

/** The partition of a key by Kafka's default partitioner, as the producer's own code has it. */
export function placeOfKey(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  return Partitioners.DefaultPartitioner()({ topic: '', partitionMetadata, message: { key, value: null } });
}

/** Producers see `partitions` partitions until `raised` says that there are more. */
export async function openParcelTopic(options: {
  brokers: string;
  registryUrl: string;
  topic: string;
  partitions: number;
}) {
  const { topic } = options;
  const codec = countingZstd();
  CompressionCodecs[CompressionTypes.ZSTD] = () => codec;
  const kafka = new Kafka({ brokers: options.brokers.split(','), logLevel: logLevel.NOTHING });
  const encode = await openEncoder(options.registryUrl, topic);
  const written: WrittenFact[] = [];
  /** Commit and abort markers, which take an offset each. */
  const markers = new Map<number, number>();
  const startMs = Date.now() - 3_600_000;
  let partitions = options.partitions;
  let producers = await openProducers(kafka, topic);

  const toMessage = async (fact: ParcelFact, at: number): Promise<Message> => {
    const value = await encode(fact);
    return {
      key: fact.parcel,
      value: fact.spoil?.(value) ?? value,
      headers: { type: fact.type, version: String(fact.version) },
      timestamp: String(startMs + at * 10),
    };
  };
  const begin = async (who: keyof typeof producers): Promise<OpenTransaction> => {
    const transaction = await producers[who].transaction();
    const own: WrittenFact[] = [];
    return {
      async send(facts) {
        const messages = await Promise.all(facts.map((fact, i) => toMessage(fact, written.length + i)));
        const sent = await transaction.send({ topic, messages, compression: CompressionTypes.ZSTD });
        const next = new Map(sent.map((each) => [each.partition, Number(each.baseOffset)]));
        for (const fact of facts) {
          const partition = placeOfKey(fact.parcel, partitions);
          const offset = next.get(partition);
          if (offset === undefined) throw new Error(`${fact.parcel} was not sent to partition ${partition}`);
          next.set(partition, offset + 1);
          const record: WrittenFact = { fact, partition, offset, ending: 'open' };
          own.push(record);
          written.push(record);
        }
      },
      async end(ending) {
        await transaction[ending]();
        for (const record of own) record.ending = ending;
        for (const partition of new Set(own.map((record) => record.partition)))
          markers.set(partition, (markers.get(partition) ?? 0) + 1);
      },
    };
  };

  return {
    topic,
    written: written as readonly WrittenFact[],
    begin,
    async write(facts: readonly ParcelFact[], ending: Ending) {
      const transaction = await begin('first');
      await transaction.send(facts);
      await transaction.end(ending);
    },
    /** Producers that know of the new partitions take over. */
    async raised(count: number) {
      partitions = count;
      await closeProducers(producers);
      producers = await openProducers(kafka, topic);
    },
    get markerCount() {
      return [...markers.values()].reduce((sum, count) => sum + count, 0);
    },
    get compressedBatches() {
      return codec.compressed;
    },
    /** Where each partition ends once the broker has written every marker. */
    ends(): readonly { readonly partition: number; readonly end: number }[] {
      return Array.from({ length: partitions }, (_, partition) => ({
        partition,
        end:
          written.filter((record) => record.partition === partition).length + (markers.get(partition) ?? 0),
      }));
    },
    close: () => closeProducers(producers),
  };
}

async function openProducers(kafka: Kafka, topic: string): Promise<{ first: Producer; second: Producer }> {
  const open = async (name: string) => {
    const transactionalId = `${topic}-${name}`;
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  };
  return { first: await open('first'), second: await open('second') };
}

async function closeProducers({ first, second }: { first: Producer; second: Producer }): Promise<void> {
  await Promise.all([first.disconnect(), second.disconnect()]);
}

/** kafkajs has the slot for zstd and leaves filling it to its user. A broker refuses what only claims to be zstd. */
function countingZstd() {
  const [compress, decompress] = [promisify(zstdCompress), promisify(zstdDecompress)];
  return {
    compressed: 0,
    compress(encoder: { readonly buffer: Buffer }): Promise<Buffer> {
      this.compressed += 1;
      return compress(encoder.buffer);
    },
    decompress: (bytes: Buffer) => decompress(bytes),
  };
}

const envelope = [
  { name: 'eventId', type: 'string' },
  { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
];
const place = {
  type: 'record',
  name: 'Place',
  fields: [
    { name: 'code', type: 'string' },
    { name: 'country', type: 'string' },
  ],
};
const schemas = {
  scannedFirst: {
    name: 'ParcelScanned',
    fields: [...envelope, { name: 'depot', type: 'string' }, { name: 'grams', type: 'int' }],
  },
  scanned: {
    name: 'ParcelScanned',
    fields: [
      ...envelope,
      { name: 'place', type: place, default: { code: '', country: '' } },
      { name: 'grams', type: 'int' },
      {
        name: 'lane',
        type: ['null', { type: 'enum', name: 'Lane', symbols: ['EXPRESS', 'ECONOMY'] }],
        default: null,
      },
    ],
  },
  delivered: {
    name: 'ParcelDelivered',
    fields: [...envelope, { name: 'receivedBy', type: ['null', 'string'], default: null }],
  },
  photographed: { name: 'ParcelPhotographed', fields: [...envelope, { name: 'image', type: 'bytes' }] },
} as const;

/** Registers every schema under its subject, the later version of one after the earlier. */
async function openEncoder(registryUrl: string, topic: string) {
  const registry = new SchemaRegistry({ host: registryUrl });
  const register = async ({ name, fields }: (typeof schemas)[keyof typeof schemas]): Promise<number> => {
    const schema = JSON.stringify({ type: 'record', namespace: 'parcels', name, fields });
    const { id } = await registry.register(
      { type: SchemaType.AVRO, schema },
      { subject: `${topic}-parcels.${name}` },
    );
    return id;
  };
  const scannedFirst = await register(schemas.scannedFirst);
  const scanned = await register(schemas.scanned);
  const delivered = await register(schemas.delivered);
  const photographed = await register(schemas.photographed);
  return ({ id: eventId, type, version, atMs: at, ...rest }: ParcelFact): Promise<Buffer> => {
    const { depot, country, grams, lane } = rest;
    switch (type) {
      case 'ParcelScanned':
        return version === 1
          ? registry.encode(scannedFirst, { eventId, at, depot, grams })
          : registry.encode(scanned, { eventId, at, place: { code: depot, country }, grams, lane });
      case 'ParcelDelivered':
        return registry.encode(delivered, { eventId, at, receivedBy: null });
      case 'ParcelPhotographed':
        return registry.encode(photographed, { eventId, at, image: Buffer.from(eventId) });
    }
  };
}
