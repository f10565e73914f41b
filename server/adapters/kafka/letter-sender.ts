import type { Message, Transaction } from 'kafkajs';
import type {
  Ends,
  LandedLetter,
  LetterSender,
  Resent,
  SendAnswer,
} from '../../application/ports/redrives.ts';
import { textOf, type WholeHeaders } from '../../domain/dead-letters/index.ts';
import type { Cluster } from './cluster.ts';
import { asUnavailable, unavailableUntilMended } from './failures.ts';
import { endsEarly, logTruncated } from './range-faults.ts';
import { readFrom } from './read-from.ts';
import type { KafkaSettings } from './settings.ts';
import { openProducer } from './writing-client.ts';

const ID = 'redrive.id';
const ORIGIN = 'redrive.origin';
const transactionTimeout = 30_000;

/** What a broker says of records that it will never take as they are, by kafkajs' names (protocol, "Error Codes"). */
const refusals: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: 'it is larger than the topic lets a record be (max.message.bytes)',
  RECORD_LIST_TOO_LARGE: 'it is larger than a segment of the topic',
  INVALID_TIMESTAMP: 'its time is out of what the topic allows',
  INVALID_RECORD: 'the topic takes no such record, as a compacted one takes none without a key',
};

/**
 * Every redrive has a transactional id of its own. Whoever takes it bars the sender before it and ends its transaction
 * (KIP-98), so that afterwards the topic tells what was sent, and nothing of it can come any more.
 * `writer`: who may write; null: nobody.
 */
export function createLetterSender(cluster: Cluster, writer: KafkaSettings | null): LetterSender {
  return {
    async take(redriveId, target, work) {
      if (writer === null)
        throw unavailableUntilMended(
          'Nothing is sent again: no Kafka user may write. Set KAFKA_PROMOTER (docs/settings.md).',
          'KAFKA_PROMOTER',
        );
      const producer = await openProducer(writer, 'redrive', {
        transactionalId: `reprise-redrive-${redriveId}`,
        transactionTimeout,
        idempotent: true,
        maxInFlightRequests: 1,
        retry: { initialRetryTime: 30, factor: 0.2, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 },
      });
      try {
        const transaction = await telling(target, async () => {
          await producer.connect();
          return producer.transaction();
        });
        try {
          return await work({ send: (letters) => send(transaction, redriveId, target, letters) });
        } finally {
          if (transaction.isActive()) await transaction.abort().catch(() => undefined);
        }
      } finally {
        await producer.disconnect().catch(() => undefined);
      }
    },
    find: (redriveId, target, from, to, onRead) => find(cluster, redriveId, target, { from, to, onRead }),
    committed: (group, topic) => cluster.committed(group, topic),
    ends: async (topic) =>
      Object.fromEntries(
        [...(await cluster.offsets(topic, 'high-watermark'))].map(([p, end]) => [p, String(end)]),
      ),
    partitions: async (topic) => (await cluster.topic(topic)).partitions.length,
  };
}

async function send(
  transaction: Transaction,
  redriveId: string,
  target: string,
  letters: readonly Resent[],
): Promise<SendAnswer> {
  const without = letters.flatMap(({ headers }) => ownOf(headers)).find(([, value]) => value === null);
  if (without !== undefined) return { kind: 'refused', cause: withoutValue(without[0]) };
  const messages = letters.map(({ origin, record, headers, partition }): Message => {
    const { key, value } = record;
    return {
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      partition,
      headers: { ...headersOf(headers), [ID]: redriveId, [ORIGIN]: origin },
    };
  });
  return telling(target, async () => {
    try {
      const answers = await transaction.send({ topic: target, acks: -1, messages });
      await transaction.commit();
      return { kind: 'landed', letters: landedAt(messages, answers) };
    } catch (error) {
      const cause = refusalOf(error);
      if (cause === null) throw error;
      // Other partitions may have taken theirs. Where this fails, nobody knows: then it is settled.
      await transaction.abort();
      return { kind: 'refused', cause: `The broker does not take it, since ${cause}.` };
    }
  });
}

function refusalOf(error: unknown): string | null {
  const type = error instanceof Error && 'type' in error ? String(error.type) : '';
  return Object.hasOwn(refusals, type) ? (refusals[type] ?? null) : null;
}

async function find(
  cluster: Cluster,
  redriveId: string,
  target: string,
  { from, to, onRead }: { readonly from: Ends; readonly to: Ends; readonly onRead: () => Promise<void> },
): Promise<readonly LandedLetter[]> {
  const [starts, stable, high] = [
    await cluster.offsets(target, 'log-start'),
    await cluster.offsets(target, 'last-stable'),
    await cluster.offsets(target, 'high-watermark'),
  ];
  const ranges = Object.entries(to)
    .map(([name, end]) => ({ partition: Number(name), at: Number(from[name] ?? 0), to: Number(end) }))
    .filter((range) => range.at < range.to);
  // All of them first: what one of them hides may be what is looked for.
  for (const range of ranges) {
    const start = Number(starts.get(range.partition) ?? 0n);
    const lastStable = Number(stable.get(range.partition) ?? 0n);
    const highWatermark = Number(high.get(range.partition) ?? 0n);
    if (start > range.at) throw logTruncated(target, range, start);
    if (lastStable < range.to)
      throw endsEarly(target, { ...range, at: lastStable }, { highWatermark, lastStable });
  }
  const found: LandedLetter[] = [];
  for (const range of ranges) {
    const { partition } = range;
    for (let { at } = range; at < range.to; ) {
      await onRead();
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
}

async function telling<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUnavailable(error, `Sending dead letters to ${target}`, target);
  }
}

/** Without those of an earlier redrive. */
const ownOf = (headers: WholeHeaders) => headers.filter(([name]) => name !== ID && name !== ORIGIN);

/** kafkajs breaks on one, and leaving it out would send another record than was parked. */
const withoutValue = (name: string) =>
  `It can’t be sent as it was, since its header ${JSON.stringify(name.slice(0, 100))} has no value, and Reprise can’t write one without.`;

/** As they came: the client writes those of one name in the order of its array. */
function headersOf(headers: WholeHeaders) {
  const byName = new Map<string, Buffer[]>();
  for (const [name, value] of ownOf(headers))
    byName.set(name, [...(byName.get(name) ?? []), Buffer.from(value ?? [])]);
  return Object.fromEntries(byName);
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
