import { Producer } from '@platformatic/kafka';
import type { DeadLetterWriter, LetterPlace, Origin } from '../../application/ports/dead-letter-writer.ts';
import { originOf } from '../../domain/deliveries/index.ts';
import type { RecordBatch } from '../../domain/replay/index.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import { BulkRead } from './bulk-read.ts';
import type { Cluster } from './cluster.ts';
import { asUnavailable, code, hasCode, unavailable, unavailableUntilMended } from './failures.ts';
import { clientOptions, defaultReadTuning, type KafkaLog, type KafkaSettings } from './settings.ts';

class Found extends Error {}

/** `promoter` is who writes; null: nobody. A producer lives as long as one record takes. */
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
    find: (topic, origin, signal) => find(cluster, log, topic, origin, signal),
    write: async (topic, record, added) => {
      if (promoter === null) throw unavailable('Nobody may write.', topic);
      // One that is not there would be made anew with the broker's own settings, by a broker that does so.
      await cluster.topic(topic);
      // This client and not the other one, which can't write a header twice in its place, nor one without a value.
      const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
        ...clientOptions(promoter),
        clientId: `${promoter.clientId}-dead-letters`,
        idempotent: true,
        autocreateTopics: false,
      });
      try {
        const { offsets } = await producer.send({
          messages: [
            {
              topic,
              ...(record.key === null ? {} : { key: Buffer.from(record.key) }),
              ...(record.value === null ? {} : { value: Buffer.from(record.value) }),
              headers: headersOf(record.headers, added),
            },
          ],
        });
        const written = offsets?.[0];
        if (written === undefined)
          throw unavailable('The broker did not say where the letter stands.', topic);
        return { topic, partition: written.partition, offset: written.offset };
      } catch (error) {
        if (hasCode(error, code.topicAuthorizationFailed))
          throw unavailableUntilMended(
            `Writing a dead letter to ${topic} was refused: the Kafka user that promotes needs WRITE and DESCRIBE on it.`,
            topic,
            error,
          );
        throw asUnavailable(error, `Writing a dead letter to ${topic}`, topic);
      } finally {
        await producer.close().catch(() => undefined);
      }
    },
  };
}

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
  topic: string,
  origin: Origin,
  signal: AbortSignal,
): Promise<LetterPlace | null> {
  const { id } = await cluster.topic(topic);
  const [starts, ends] = await Promise.all([
    cluster.offsets(topic, 'log-start'),
    cluster.offsets(topic, 'last-stable'),
  ]);
  const ranges = [...ends].map(([partition, end]) => ({
    partition,
    from: exactNumber(starts.get(partition) ?? 0n),
    to: exactNumber(end),
  }));
  let found: LetterPlace | null = null;
  const job = {
    topic,
    topicId: id,
    ranges,
    hole: 'compacted' as const,
    signal,
    onBatch: async ({ partition, records }: RecordBatch) => {
      for (const { headers, offset } of records) {
        const from = originOf(headers);
        if (from === null || from.topic !== origin.topic || from.partition !== origin.partition) continue;
        if (from.offset !== origin.offset || (from.state !== null && from.state !== origin.state)) continue;
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
