import type { HistoryRecord } from '../replay/index.ts';

/** Headers that Reprise puts behind those of a record that it parks. */
export const letterHeaders = {
  /** Where the contract names no header for it. */
  cause: 'dlq.cause',
  state: 'dlq.projector',
  topic: 'dlq.origin.topic',
  partition: 'dlq.origin.partition',
  offset: 'dlq.origin.offset',
  parkedAt: 'dlq.parkedAt',
  attempt: 'dlq.reprise.attempt',
} as const;

export type LetterOrigin = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** null: the letter does not say whose it is. */
  readonly state: string | null;
};

type Headers = HistoryRecord['headers'];

/**
 * Where a dead letter says that it came from, by the headers above, Kafka Connect's (KIP-298) or Spring's
 * (DeadLetterPublishingRecoverer); null: by none of them.
 */
export function originOf(headers: Headers): LetterOrigin | null {
  if (headers === null) return null;
  const own = byText(headers, letterHeaders.topic, letterHeaders.partition, letterHeaders.offset);
  if (own !== null) return { ...own, state: textOf(headers[letterHeaders.state]) };
  const connect = byText(
    headers,
    '__connect.errors.topic',
    '__connect.errors.partition',
    '__connect.errors.offset',
  );
  if (connect !== null) return { ...connect, state: null };
  return bySpring(headers);
}

function byText(
  headers: NonNullable<Headers>,
  topicName: string,
  partitionName: string,
  offsetName: string,
): Omit<LetterOrigin, 'state'> | null {
  const topic = textOf(headers[topicName]);
  const partition = textOf(headers[partitionName]);
  const offset = textOf(headers[offsetName]);
  if (topic === null || partition === null || offset === null) return null;
  if (!/^\d{1,9}$/.test(partition) || !/^\d{1,19}$/.test(offset)) return null;
  return { topic, partition: Number(partition), offset: BigInt(offset) };
}

/** Numbers in big-endian bytes. */
function bySpring(headers: NonNullable<Headers>): LetterOrigin | null {
  const topic = textOf(headers['kafka_dlt-original-topic']);
  const partition = headers['kafka_dlt-original-partition'];
  const offset = headers['kafka_dlt-original-offset'];
  if (topic === null || !(partition instanceof Uint8Array) || !(offset instanceof Uint8Array)) return null;
  if (partition.length !== 4 || offset.length !== 8) return null;
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    topic,
    partition: view(partition).getInt32(0),
    offset: view(offset).getBigInt64(0),
    state: null,
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function textOf(value: Uint8Array | string | undefined): string | null {
  if (value === undefined || typeof value === 'string') return value ?? null;
  try {
    return decoder.decode(value);
  } catch {
    return null;
  }
}
