import { hash } from 'node:crypto';
import { Producer } from '@platformatic/kafka';
import type { DeadLetterWriter, LetterPlace, Origin } from '../../application/ports/dead-letter-writer.ts';
import { originOf, stateOf } from '../../domain/dead-letters/index.ts';
import type { RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import { BulkRead } from './bulk-read.ts';
import type { Cluster } from './cluster.ts';
import { asUnavailable, code, hasCode, unavailable, unavailableUntilMended } from './failures.ts';
import { clientOptions, defaultReadTuning, type KafkaLog, type KafkaSettings } from './settings.ts';

class Found extends Error {}

/** Clocks of those who write records, and of those who park them, differ by less. */
const SLACK_MS = 24 * 3_600_000;

/**
 * `promoter` is who writes; null: nobody. A producer lives as long as one record takes. It has a transactional id that
 * comes from the letter's origin: whoever takes it bars others who are about to write the same letter, and ends what they
 * have begun (KIP-98), so that afterwards the topic tells whether it is there.
 */
export function openDeadLetterWriter(
  cluster: Cluster,
  promoter: KafkaSettings | null,
  log: KafkaLog,
): DeadLetterWriter {
  return {
    mayWrite:
      promoter === null
        ? {
            problem:
              'No setting lets Reprise write to Kafka: set KAFKA_PROMOTER, or KAFKA_PROMOTER_USERNAME and KAFKA_PROMOTER_PASSWORD (docs/settings.md).',
          }
        : null,
    find: (topic, origin, record, signal) => find(cluster, log, { topic, origin, record, signal }),
    writeOnce: async (topic, origin, { record, added }, { signal, sending }) => {
      if (promoter === null) throw unavailable('Nobody may write.', topic);
      // One that is not there would be made anew with the broker's own settings, by a broker that does so.
      await cluster.topic(topic);
      // This client and not the other one, which can't write a header twice in its place, nor one without a value.
      const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
        ...clientOptions(promoter),
        clientId: `${promoter.clientId}-dead-letters`,
        idempotent: true,
        transactionalId: transactionalIdOf(topic, origin),
        // None so far: the broker gives it one, whoever had the id before (KIP-360).
        producerId: -1n,
        producerEpoch: -1,
        autocreateTopics: false,
      });
      try {
        const transaction = await producer.beginTransaction();
        const there = await find(cluster, log, { topic, origin, record, signal });
        if (there !== null) {
          // Nothing is open at the broker, which ends no transaction in which nothing was sent.
          await transaction.cancel();
          return { place: there, already: true };
        }
        await sending();
        const { offsets } = await transaction.send({
          messages: [
            {
              topic,
              ...(record.key === null ? {} : { key: Buffer.from(record.key) }),
              ...(record.value === null ? {} : { value: Buffer.from(record.value) }),
              headers: headersOf(record.headers, added),
            },
          ],
        });
        await transaction.commit();
        const written = offsets?.[0];
        if (written === undefined)
          throw unavailable('The broker did not say where the letter stands.', topic);
        const place = { topic, partition: written.partition, offset: written.offset };
        return { place, already: false };
      } catch (error) {
        if (hasCode(error, code.topicAuthorizationFailed))
          throw unavailableUntilMended(
            `Writing a dead letter to ${topic} was refused: the Kafka user that promotes needs WRITE and DESCRIBE on it.`,
            topic,
            error,
          );
        if (hasCode(error, code.transactionalIdAuthorizationFailed))
          throw unavailableUntilMended(
            `Writing a dead letter to ${topic} was refused: the Kafka user that promotes needs WRITE and DESCRIBE on the transactional ids ${TRANSACTIONS}*.`,
            topic,
            error,
          );
        if (error instanceof RepriseError || signal.aborted) throw error;
        throw asUnavailable(error, `Writing a dead letter to ${topic}`, topic);
      } finally {
        await producer.close().catch(() => undefined);
      }
    },
  };
}

const TRANSACTIONS = 'reprise-letter-';

/** As short as a name has to be, whatever the topics are called. */
const transactionalIdOf = (topic: string, { topic: of, partition, offset, state }: Origin): string =>
  TRANSACTIONS + hash('sha256', [topic, of, partition, offset, state].join('\n')).slice(0, 32);

/** By buffers, each of which is a key of its own: so that a name may come twice, and the order stays. */
function headersOf(
  own: readonly (readonly [string, Uint8Array | null])[],
  added: readonly (readonly [string, string])[],
): Map<Buffer, Buffer> {
  const headers = new Map<Buffer, Buffer>();
  // A header may have no value, which the client writes as it is and its type does not say.
  for (const [name, value] of own)
    headers.set(Buffer.from(name), (value === null ? null : Buffer.from(value)) as Buffer);
  for (const [name, value] of added) headers.set(Buffer.from(name), Buffer.from(value));
  return headers;
}

async function find(
  cluster: Cluster,
  log: KafkaLog,
  {
    topic,
    origin,
    record,
    signal,
  }: {
    readonly topic: string;
    readonly origin: Origin;
    readonly record: { readonly timestampMs: number };
    readonly signal: AbortSignal;
  },
): Promise<LetterPlace | null> {
  const { id } = await cluster.topic(topic);
  // A producer may give a time that is yet to come, and what is parked has its own: then all of it is read.
  const since = {
    instantMs: record.timestampMs > Date.now() ? 0 : Math.max(0, record.timestampMs - SLACK_MS),
  };
  // Before the others: a time is looked for in what is readable alone.
  const readable = await cluster.offsets(topic, 'last-stable');
  const [starts, begins, ends] = await Promise.all([
    cluster.offsets(topic, 'log-start'),
    cluster.offsets(topic, since),
    // What an open transaction of somebody else keeps back may be the letter, or lie behind it: it is waited for.
    cluster.offsets(topic, 'high-watermark'),
  ]);
  const ranges = [...ends].map(([partition, end]) => {
    // -1: nothing that is readable is that young.
    const found = begins.get(partition) ?? -1n;
    const begin = found < 0n ? (readable.get(partition) ?? 0n) : found;
    const start = starts.get(partition) ?? 0n;
    return { partition, from: exactNumber(begin > start ? begin : start), to: exactNumber(end) };
  });
  let found: LetterPlace | null = null;
  const job = {
    topic,
    topicId: id,
    ranges,
    // What a broker is silent about is not taken for absent: it would be written again.
    hole: 'missing' as const,
    signal,
    onBatch: async ({ partition, records }: RecordBatch) => {
      for (const { headers, offset } of records) {
        const from = originOf(headers);
        if (from === null || from.topic !== origin.topic || from.partition !== origin.partition) continue;
        const state = stateOf(headers);
        if (BigInt(from.offset) !== origin.offset || (state !== null && state !== origin.state)) continue;
        found = { topic, partition, offset: BigInt(offset) };
        throw new Found();
      }
    },
  };
  try {
    await new BulkRead(cluster, job, { ...defaultReadTuning, waitMs: 20, giveUpAfterMs: 15_000 }, log).run();
  } catch (error) {
    if (error instanceof Found) return found;
    if (signal.aborted)
      throw unavailable(
        `Topic ${topic} could not be read to its end in time, so that it is not known whether the record is parked already.`,
        topic,
        error,
      );
    throw error;
  }
  return found;
}
