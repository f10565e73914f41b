import type { Admin } from '@platformatic/kafka';
import type { Leader } from './cluster.ts';
import { code } from './failures.ts';
import { type FetchedPartition, fetchFrom } from './fetch.ts';
import { toRecordBatches } from './partition-answer.ts';
import { CorruptBatchError, type Frame, frames } from './record-batch.ts';

/** The first data record from an offset on. 'none': there is none before `until`. null: it could not be read. */
export type NextRecord = { readonly offset: bigint; readonly timestampMs: number | null } | 'none' | null;

export type Place = { readonly partition: number; readonly from: bigint; readonly end: bigint };

/**
 * One batch of most producers (batch.size is 16 KiB unless somebody sets it). One that is longer comes whole where it
 * is asked for alone, as brokers send the first batch of an answer whatever its size (KIP-74).
 */
const PARTITION_BYTES = 17 << 10;
/** A long run of control records, aborted ones and holes is walked through over several samples. */
const ROUNDS = 4;
const REQUEST_BYTES = 4 << 20;
/** A record that is next can be compacted or deleted before it is read, so what is remembered is looked at again. */
const REMEMBERED_MS = 60_000;

type Known = { readonly found: NextRecord; readonly until: bigint; readonly lookedAtMs: number };

/**
 * The next unread record of many readers of one topic. What was found stays true while the offset does not move, so
 * that readers who stand still cost nothing, and of those who moved as few bytes are read as a broker sends.
 */
export class NextRecords {
  private known = new Map<string, Known>();
  private readonly admin: Admin;
  private readonly waitMs: number;
  /** Fetch requests so far. */
  requests = 0;

  constructor(admin: Admin, waitMs = 0) {
    this.admin = admin;
    this.waitMs = waitMs;
  }

  /** `starts` is asked where what was next is not in the log any more. */
  async find(
    topic: { readonly id: string; readonly leaders: ReadonlyMap<number, Leader> },
    places: readonly Place[],
    nowMs: number,
    starts: () => Promise<ReadonlyMap<number, bigint>>,
  ): Promise<ReadonlyMap<string, NextRecord>> {
    const before = this.known;
    const now = new Map<string, Known>();
    const unknown = new Map<string, { readonly place: Place; at: bigint }>();
    for (const place of places) {
      const key = keyOf(place);
      const known = before.get(`${topic.id} ${key}`);
      const isFresh = known !== undefined && nowMs - known.lookedAtMs < REMEMBERED_MS;
      if (isFresh && known.found !== null && (known.found !== 'none' || place.end <= known.until))
        now.set(`${topic.id} ${key}`, known);
      else unknown.set(key, { place, at: isFresh && known.found === 'none' ? known.until : place.from });
    }
    for (let round = 0; round < ROUNDS && unknown.size > 0; round++) {
      const answers = await this.lookOnce(topic, [...unknown.values()], starts);
      for (const [key, { found, next }] of answers) {
        const asked = unknown.get(key);
        if (asked === undefined) continue;
        if (found !== null || next >= asked.place.end) {
          const known = { found: found ?? 'none', until: asked.place.end, lookedAtMs: nowMs } as const;
          now.set(`${topic.id} ${key}`, known);
          unknown.delete(key);
        } else asked.at = next;
      }
    }
    // Where a walk has come to is kept as well, so that the next sample goes on from there.
    for (const [key, { at, place }] of unknown)
      if (at > place.from) now.set(`${topic.id} ${key}`, { found: 'none', until: at, lookedAtMs: nowMs });
    this.known = now;
    return new Map(
      places.map((place) => {
        const key = keyOf(place);
        return [key, unknown.has(key) ? null : (now.get(`${topic.id} ${key}`)?.found ?? null)];
      }),
    );
  }

  /** One look at each place: requests to one leader name a partition once each, so readers apart take several. */
  private async lookOnce(
    topic: { readonly id: string; readonly leaders: ReadonlyMap<number, Leader> },
    asked: readonly { readonly place: Place; readonly at: bigint }[],
    starts: () => Promise<ReadonlyMap<number, bigint>>,
  ): Promise<ReadonlyMap<string, Looked>> {
    const found = new Map<string, Looked>();
    const gone: Asked[] = [];
    let left: readonly Asked[] = asked.map((each) => ({ ...each, bytes: PARTITION_BYTES }));
    // At first for as much as most batches have, then for as much as those that were cut off say that they have.
    for (const alone of [false, false, true]) {
      const cut: Asked[] = [];
      await Promise.all(
        requestsOf(topic.leaders, left, alone).map(async ({ leader, places }) => {
          const answers = await this.fetch(topic.id, leader, places);
          for (const each of places) {
            const looked = read(each, answers.get(each.place.partition), places.length === 1);
            if (looked === 'out of range') gone.push(each);
            else if (looked !== null && 'cutOffAt' in looked) cut.push({ ...each, bytes: looked.cutOffAt });
            else if (looked !== null) found.set(keyOf(each.place), looked);
          }
        }),
      );
      left = cut;
    }
    const begins = gone.length === 0 ? null : await starts();
    for (const { place, at } of gone) {
      const start = begins?.get(place.partition);
      // Records before the start of the log are gone: the next one that can be read begins there.
      if (start !== undefined && start > at) found.set(keyOf(place), { found: null, next: start });
    }
    return found;
  }

  private async fetch(
    topicId: string,
    leader: Leader,
    places: readonly Asked[],
  ): Promise<ReadonlyMap<number, FetchedPartition>> {
    this.requests += 1;
    const connection = await this.admin.connections.get({ host: leader.host, port: leader.port });
    const answer = await fetchFrom(connection, {
      topicId,
      partitions: places.map(({ place, at, bytes }) => ({
        partition: place.partition,
        from: Number(at),
        maxBytes: bytes,
      })),
      maxBytes: places.reduce((sum, { bytes }) => sum + bytes, 0),
      waitMs: this.waitMs,
    });
    return new Map(answer.partitions.map((each) => [each.partition, each]));
  }
}

/** A place, the offset to look from, and how many bytes of it to ask for. */
type Asked = { readonly place: Place; readonly at: bigint; readonly bytes: number };
type Looked = { readonly found: Exclude<NextRecord, 'none'>; readonly next: bigint };

export const keyOf = ({ partition, from }: Pick<Place, 'partition' | 'from'>) => `${partition}@${from}`;

/** Requests that name each partition once, of one leader each, and hold no more than is good to have in memory. */
function requestsOf(
  leaders: ReadonlyMap<number, Leader>,
  asked: readonly Asked[],
  alone: boolean,
): readonly { readonly leader: Leader; readonly places: readonly Asked[] }[] {
  const full: { leader: Leader; places: Asked[] }[] = [];
  const open = new Map<string, { leader: Leader; places: Asked[]; bytes: number }>();
  const turns = new Map<number, number>();
  for (const each of asked) {
    const { partition } = each.place;
    const leader = leaders.get(partition);
    if (leader === undefined) continue;
    const turn = turns.get(partition) ?? 0;
    turns.set(partition, turn + 1);
    const key = `${leader.host}:${leader.port} ${turn}`;
    const request = open.get(key);
    if (request !== undefined && !alone && request.bytes + each.bytes <= REQUEST_BYTES) {
      request.places.push(each);
      request.bytes += each.bytes;
      continue;
    }
    if (request !== undefined) full.push(request);
    open.set(key, { leader, places: [each], bytes: each.bytes });
  }
  return [...full, ...open.values()];
}

/** A batch begins with its offset and the length of what follows. */
const LENGTH_AT = 8;
const HEAD_BYTES = 12;

/** What an answer holds of a place, or how long a batch is that did not come whole. null: it could not be read. */
function read(
  { place, at }: { readonly place: Place; readonly at: bigint },
  fetched: FetchedPartition | undefined,
  isAlone: boolean,
): Looked | { readonly cutOffAt: number } | 'out of range' | null {
  if (fetched === undefined) return null;
  if (fetched.error === code.offsetOutOfRange) return 'out of range';
  if (fetched.error !== 0) return null;
  const whole = wholeFrames(fetched.records);
  if (whole === null) return null;
  if (whole.length === 0) {
    const { records } = fetched;
    const hasHead = records.length >= HEAD_BYTES;
    // A long batch of another partition may have left no room for this one.
    if (!isAlone || hasHead)
      return { cutOffAt: hasHead ? HEAD_BYTES + records.readInt32BE(LENGTH_AT) : PARTITION_BYTES };
    if (records.length > 0) return null;
    // Nothing was sent although something is there: the rest of the log was compacted away up to its stable end.
    return { found: null, next: BigInt(Math.max(fetched.lastStable, Number(at))) };
  }
  const slice = { partition: place.partition, frames: whole, aborted: fetched.aborted };
  let next = at;
  for (const batch of toRecordBatches(slice, Number(at), Number(place.end), 'compacted')) {
    const [first] = batch.records;
    if (first !== undefined)
      return {
        found: {
          offset: BigInt(first.offset),
          // Kafka's word for "no time" (NO_TIMESTAMP).
          timestampMs: first.timestampMs < 0 ? null : first.timestampMs,
        },
        next: BigInt(first.offset),
      };
    next = BigInt(batch.next);
  }
  return { found: null, next };
}

/** null: a batch is damaged. That hides one partition's lag and no other's; a replay that reads it says so in full. */
function wholeFrames(records: Buffer): readonly Frame[] | null {
  try {
    return frames(records);
  } catch (error) {
    if (error instanceof CorruptBatchError) return null;
    throw error;
  }
}
