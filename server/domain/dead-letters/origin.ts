import { letterHeaders } from '../deliveries/index.ts';

/** Where a letter stood before it was parked. */
export type Origin = { readonly topic: string; readonly partition: number; readonly offset: string };

type Headers = Readonly<Record<string, Uint8Array | string | undefined>>;

/**
 * Headers by which consumers tell where a letter came from: those of Reprise's demo and runbooks, of Spring Kafka's
 * DeadLetterPublishingRecoverer (whose figures are big-endian), and of Kafka Connect (KIP-298).
 */
const conventions = [
  {
    topic: letterHeaders.topic,
    partition: letterHeaders.partition,
    offset: letterHeaders.offset,
    message: 'dlq.detail',
  },
  {
    topic: 'kafka_dlt-original-topic',
    partition: 'kafka_dlt-original-partition',
    offset: 'kafka_dlt-original-offset',
    message: 'kafka_dlt-exception-message',
  },
  {
    topic: '__connect.errors.topic',
    partition: '__connect.errors.partition',
    offset: '__connect.errors.offset',
    message: '__connect.errors.exception.message',
  },
] as const;

/** null: its headers do not say. */
export function originOf(headers: Headers | null): Origin | null {
  for (const names of conventions) {
    const topic = textOf(headers?.[names.topic]);
    const partition = figureOf(headers?.[names.partition], 4);
    const offset = figureOf(headers?.[names.offset], 8);
    if (topic === null || topic.length > 249 || partition === null || offset === null) continue;
    if (partition > 2_147_483_647n) continue;
    return { topic, partition: Number(partition), offset: String(offset) };
  }
  return null;
}

/** The derived state that says it has parked a letter; null: its headers do not say. */
export const stateOf = (headers: Headers | null): string | null => textOf(headers?.[letterHeaders.state]);

/** What a consumer has said beside the cause; null: nothing. */
export function messageOf(headers: Headers | null): string | null {
  for (const { message } of conventions) {
    const text = textOf(headers?.[message]);
    if (text !== null && text !== '') return text;
  }
  return null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** null where it is no UTF-8. */
export function textOf(header: Uint8Array | string | undefined): string | null {
  if (header === undefined || typeof header === 'string') return header ?? null;
  try {
    return utf8.decode(header);
  } catch {
    return null;
  }
}

function figureOf(header: Uint8Array | string | undefined, width: 4 | 8): bigint | null {
  const text = textOf(header);
  if (text !== null && /^\d{1,19}$/.test(text)) return bounded(BigInt(text));
  if (typeof header !== 'object' || header.length !== width) return null;
  const bytes = new DataView(header.buffer, header.byteOffset, width);
  return bounded(width === 4 ? BigInt(bytes.getInt32(0)) : bytes.getBigInt64(0));
}

const bounded = (figure: bigint) => (figure >= 0n && figure < 2n ** 63n ? figure : null);
