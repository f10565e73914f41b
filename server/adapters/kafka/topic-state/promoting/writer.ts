import type { Message, RecordMetadata } from 'kafkajs';
import type { KafkaSettings } from '../../settings.ts';
import { openProducer } from '../../writing-client.ts';
import type { RowHeaders } from '../values.ts';

export type OutgoingRecord = {
  readonly partition: number;
  readonly key: string;
  /** null is a tombstone. */
  readonly value: string | null;
  readonly headers: RowHeaders;
};

/** Where records came to stand: a batch takes the offsets of its records one after the other. */
export type Landed = { readonly partition: number; readonly from: number; readonly to: number };

/** One transaction of a transactional id that was taken for it. */
export type Taken = {
  /** `batchBytes`: the most that goes to a partition at once. */
  send(topic: string, records: readonly OutgoingRecord[], batchBytes: number): Promise<readonly Landed[]>;
  commit(): Promise<void>;
};

/** So long a transaction may stand open; then the broker aborts it, and whoever reads committed records goes on. */
const transactionTimeout = 30_000;

/**
 * Takes a transactional id, and gives one transaction under it to `work`. Taking it aborts what an earlier holder has
 * open and bars it from writing (KIP-98); whoever takes it next does the same to this one. What `work` has not asked
 * to commit is aborted; a commit that was not answered may have been taken, and whoever takes the id next waits for its
 * end.
 */
export async function withTaken<T>(
  settings: KafkaSettings,
  transactionalId: string,
  work: (taken: Taken) => Promise<T>,
): Promise<T> {
  const producer = await openProducer(settings, 'promoter', {
    transactionalId,
    transactionTimeout,
    idempotent: true,
    maxInFlightRequests: 1,
    // A transaction that is just being ended is waited for.
    retry: { initialRetryTime: 30, factor: 0.2, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 },
  });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    try {
      return await work({
        send: async (topic, records, batchBytes) => {
          const landed: Landed[] = [];
          for (const messages of batches(records, batchBytes))
            landed.push(...landedAt(messages, await transaction.send({ topic, acks: -1, messages })));
          return landed;
        },
        commit: () => transaction.commit(),
      });
    } finally {
      if (transaction.isActive()) await transaction.abort().catch(() => undefined);
    }
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
}

function landedAt(messages: readonly Message[], answers: readonly RecordMetadata[]): Landed[] {
  return answers.map(({ partition, baseOffset }) => {
    const from = Number(baseOffset ?? Number.NaN);
    return { partition, from, to: from + messages.filter((each) => each.partition === partition).length };
  });
}

/** A producer sends what goes to one partition as one batch, and a broker takes none above its limit. */
function* batches(records: readonly OutgoingRecord[], mostBytes: number): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const record of records) {
    const { partition, key, value, headers } = record;
    const size = recordBytes(record);
    if (batch.length > 0 && bytes + size > mostBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ partition, key, value, headers: Object.fromEntries(headers) });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** About what a record takes in its batch, and no less. */
export function recordBytes({ key, value, headers }: Omit<OutgoingRecord, 'partition'>): number {
  const ofHeaders = headers.reduce(
    (sum, [name, bytes]) => sum + Buffer.byteLength(name) + bytes.length + 10,
    0,
  );
  return Buffer.byteLength(key) + Buffer.byteLength(value ?? '') + ofHeaders + 100;
}
