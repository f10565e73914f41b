import { type Connection, createAPI, fetchV13, Reader } from '@platformatic/kafka';
import type { AbortedTransaction } from './partition-answer.ts';

const FETCH = 1;
/** The first version that names a topic by its id, so that a topic of the same name can't take its place (KIP-516). */
export const fetchVersion = 13;
const READ_COMMITTED = 1;
const NO_SESSION = 0;
const NO_SESSION_EPOCH = -1;
const NO_EPOCH = -1;

export type FetchRequest = {
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly from: number;
    readonly maxBytes: number;
  }[];
  readonly maxBytes: number;
  readonly waitMs: number;
};

/** What the broker says about one partition. Offsets are exact numbers. */
export type FetchedPartition = {
  readonly partition: number;
  /** An error code of the protocol; 0 is none. */
  readonly error: number;
  readonly highWatermark: number;
  readonly lastStable: number;
  readonly logStart: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches as stored, the last perhaps cut off. */
  readonly records: Buffer;
};

export type FetchAnswer = { readonly error: number; readonly partitions: readonly FetchedPartition[] };

/**
 * Reads committed records of one topic from the leader of its partitions: no group, no session, nothing kept by the
 * broker. The driver's own parser is passed over, since it decodes every record into bigints and throws when
 * one partition of many has an error.
 */
export function fetchFrom(connection: Connection, request: FetchRequest): Promise<FetchAnswer> {
  return fetchApi.async(connection, request);
}

const fetchApi = createAPI<[request: FetchRequest], FetchAnswer>(FETCH, fetchVersion, toWriter, toAnswer);

function toWriter(request: FetchRequest) {
  const partitions = request.partitions.map(({ partition, from, maxBytes }) => ({
    partition,
    currentLeaderEpoch: NO_EPOCH,
    fetchOffset: BigInt(from),
    lastFetchedEpoch: NO_EPOCH,
    partitionMaxBytes: maxBytes,
  }));
  return fetchV13.createRequest(
    request.waitMs,
    1,
    request.maxBytes,
    READ_COMMITTED,
    NO_SESSION,
    NO_SESSION_EPOCH,
    [{ topicId: request.topicId, partitions }],
    [],
    '',
  );
}

function toAnswer(_correlation: number, _key: number, _version: number, reader: Reader): FetchAnswer {
  // One copy out of the network's chunks, into memory that the records then share.
  const bytes = reader.buffer.slice(reader.position, reader.length);
  const r = Reader.from(bytes);
  r.readInt32(); // throttle time
  const error = r.readInt16();
  r.readInt32(); // session
  const topics = r.readArray((topic) => {
    topic.readUUID();
    return topic.readArray((partition) => toPartition(partition, bytes), true, true);
  });
  return { error, partitions: topics.flat() };
}

function toPartition(r: Reader, bytes: Buffer): FetchedPartition {
  const partition = r.readInt32();
  const error = r.readInt16();
  const highWatermark = Number(r.readInt64());
  const lastStable = Number(r.readInt64());
  const logStart = Number(r.readInt64());
  const aborted = r.readArray((a) => ({ producerId: a.readInt64(), firstOffset: Number(a.readInt64()) }));
  r.readInt32(); // preferred read replica: only for clients that name their rack
  const size = Math.max(0, r.readUnsignedVarInt() - 1);
  const records = bytes.subarray(r.position, r.position + size);
  r.skip(size);
  return { partition, error, highWatermark, lastStable, logStart, aborted, records };
}
