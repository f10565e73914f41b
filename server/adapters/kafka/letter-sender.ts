import { type Message, Partitioners } from 'kafkajs';
import type { Ends, LandedLetter, LetterSender } from '../../application/ports/redrives.ts';
import { textOf } from '../../domain/dead-letters/index.ts';
import { murmur2Partition } from '../../domain/replay/index.ts';
import type { Cluster } from './cluster.ts';
import { asUnavailable, unavailableUntilMended } from './failures.ts';
import { readFrom } from './read-from.ts';
import type { KafkaSettings } from './settings.ts';
import { openWriting } from './writing-client.ts';

const ID = 'redrive.id';
const ORIGIN = 'redrive.origin';
const transactionTimeout = 30_000;

/**
 * Every redrive has a transactional id of its own. Whoever takes it bars the sender before it and ends its transaction
 * (KIP-98), so that afterwards the topic tells what was sent, and nothing of it can come any more.
 * `writer`: who may write; null: nobody.
 */
export function createLetterSender(cluster: Cluster, writer: KafkaSettings | null): LetterSender {
  const withProducer = async <T>(
    redriveId: string,
    target: string,
    work: (send: (messages: Message[]) => Promise<readonly LandedLetter[]>) => Promise<T>,
  ): Promise<T> => {
    if (writer === null)
      throw unavailableUntilMended(
        'Nothing is sent again: no Kafka user may write. Set KAFKA_PROMOTER (docs/settings.md).',
        'KAFKA_PROMOTER',
      );
    const producer = openWriting(writer, 'redrive').producer({
      transactionalId: `reprise-redrive-${redriveId}`,
      transactionTimeout,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 30, factor: 0.2, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 },
    });
    try {
      await producer.connect();
      const transaction = await producer.transaction();
      try {
        return await work(async (messages) => {
          const answers = await transaction.send({ topic: target, acks: -1, messages });
          await transaction.commit();
          return landedAt(messages, answers);
        });
      } finally {
        if (transaction.isActive()) await transaction.abort().catch(() => undefined);
      }
    } catch (error) {
      throw asUnavailable(error, `Sending dead letters to ${target}`, target);
    } finally {
      await producer.disconnect().catch(() => undefined);
    }
  };
  const ends = async (topic: string): Promise<Ends> =>
    Object.fromEntries(
      [...(await cluster.offsets(topic, 'last-stable'))].map(([p, end]) => [p, String(end)]),
    );

  return {
    async send(redriveId, target, letters) {
      const { partitions } = await cluster.topic(target);
      const messages = letters.map(({ number, origin, record }): Message => {
        const { key, value } = record;
        return {
          key: key === null ? null : Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
          partition: key === null ? number % partitions.length : murmur2Partition(key, partitions.length),
          headers: { ...headersOf(record.headers), [ID]: redriveId, [ORIGIN]: origin },
        };
      });
      return withProducer(redriveId, target, (send) => send(messages));
    },

    async settle(redriveId, target, from) {
      await withProducer(redriveId, target, async () => undefined);
      const found: LandedLetter[] = [];
      for (const [name, end] of Object.entries(await ends(target))) {
        const partition = Number(name);
        for (let at = Number(from[name] ?? 0); at < Number(end); ) {
          const { records, next } = await readFrom(cluster, target, partition, at);
          for (const { headers, offset } of records) {
            const origin = textOf(headers?.[ORIGIN]);
            if (textOf(headers?.[ID]) === redriveId && origin !== null)
              found.push({ origin, partition, offset: String(offset) });
          }
          at = next;
        }
      }
      return found;
    },
    committed: (group, topic) => cluster.committed(group, topic),
    ends,
  };
}

/** As they came, with those of an earlier redrive replaced. */
function headersOf(headers: Readonly<Record<string, Uint8Array | string | undefined>> | null) {
  return Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) =>
      value === undefined || name === ID || name === ORIGIN
        ? []
        : [[name, typeof value === 'string' ? value : Buffer.from(value)]],
    ),
  );
}

function landedAt(
  messages: readonly Message[],
  answers: readonly { readonly partition: number; readonly baseOffset?: string }[],
): readonly LandedLetter[] {
  return answers.flatMap(({ partition, baseOffset }) =>
    messages
      .filter((each) => each.partition === partition)
      .map(({ headers }, at) => ({
        origin: String(headers?.[ORIGIN] ?? ''),
        partition,
        offset: String(BigInt(baseOffset ?? 0) + BigInt(at)),
      })),
  );
}
