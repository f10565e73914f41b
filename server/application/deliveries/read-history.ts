import type { EngineContract } from '../../domain/contract/index.ts';
import {
  closedOverAll,
  closeUntil,
  type Delivery,
  type DeliveryFinding,
  DeliveryReader,
  findingOf,
  MinuteCounts,
  notClosed,
} from '../../domain/deliveries/index.ts';
import { type HistoryState, memberOf, type RecordBatch } from '../../domain/replay/index.ts';
import type { PartitionCursor } from '../ports/deliveries.ts';
import type { HistoryReader, ReadRange, TransactionOrderedReader, ValueDecoder } from '../ports/history.ts';

type OpenHistory = { readonly reader: HistoryReader; readonly decoder: ValueDecoder };

/** What one turn has read of a history, from where the cursors were. */
export type ReadDeliveries = {
  readonly deliveries: readonly Delivery[];
  readonly moves: readonly { readonly from: PartitionCursor | null; readonly to: PartitionCursor }[];
  readonly findings: readonly DeliveryFinding[];
  /** Offsets that are gone without having been read. */
  readonly missing: number;
  readonly counts: MinuteCounts;
  /** Everything that could be read when the turn began was read. */
  readonly caughtUp: boolean;
  /** What was written until then has all been read, in every partition. null: that is not known. */
  readonly closedUntil: Date | null;
};

/** Findings of one kind that a turn tells one by one; all are counted. */
export const toldPerTurn = 200;

type ReadOptions = {
  readonly limit: number;
  readonly nowMs: number;
  readonly lookedAt: Date | null;
  readonly signal: AbortSignal;
  /** Called after each batch. */
  readonly getsOn: () => Promise<void>;
};

/**
 * Reads on from the cursors, at most `limit` records, each partition as much as the others. `nowMs` stands for the time
 * of records that have none. `lookedAt` is a moment before the history was described, by the clock of what is held
 * against it; null where nothing is.
 */
export async function readDeliveries(
  contract: EngineContract,
  history: OpenHistory,
  state: HistoryState,
  cursors: readonly PartitionCursor[],
  options: ReadOptions,
): Promise<ReadDeliveries> {
  const collected = new Collected(contract, history.decoder, options.nowMs);
  const byTransaction = isTransactionOrdered(history.reader);
  if (byTransaction) return readTable(contract, history, state, cursors, options, collected);
  const places = collected.placesOf(state, cursors);
  const ranges = shareOut(places, options.limit);
  if (ranges.length > 0)
    await history.reader.read(
      ranges,
      { identity: state.identity, visibleBefore: null, signal: options.signal },
      async (batch) => {
        await history.decoder.prepare(batch);
        collected.take(batch);
        await options.getsOn();
      },
    );
  const ends = new Map(ranges.map(({ partition, to }) => [partition, to]));
  const moves = places.map(({ before, start, end }) => {
    const to = collected.cursorOf(start, ends.get(start.partition) ?? start.next, end);
    return { from: before, to: closed(to, options.lookedAt, { end: to.high, readTo: to.next }) };
  });
  return {
    ...collected.result(),
    moves,
    caughtUp: moves.every(({ to }) => to.next >= to.logEnd),
    closedUntil: closedOverAll(moves.map(({ to }) => to.closing)),
  };
}

/** A cursor with the moment until which nothing is unread before it. */
const closed = (
  cursor: PartitionCursor,
  at: Date | null,
  reach: { readonly end: bigint; readonly readTo: bigint },
): PartitionCursor =>
  at === null ? cursor : { ...cursor, closing: closeUntil(cursor.closing, { at, ...reach }) };

type Place = {
  readonly before: PartitionCursor | null;
  /** Where to read on: past what is gone. */
  readonly start: PartitionCursor;
  readonly end: bigint;
};

/** `limit` records over the partitions that have more; what one leaves, others take. */
function shareOut(places: readonly Place[], limit: number): ReadRange[] {
  const behind = places
    .map(({ start, end }) => ({ partition: start.partition, from: start.next, left: end - start.next }))
    .filter(({ left }) => left > 0n)
    .sort((a, b) => (a.left < b.left ? -1 : 1));
  let rest = BigInt(limit);
  return behind.map(({ partition, from, left }, at) => {
    const share = rest / BigInt(behind.length - at);
    const taken = left < share ? left : share > 0n ? share : 1n;
    rest = rest > taken ? rest - taken : 0n;
    return { partition, from, to: from + taken };
  });
}

class Enough extends Error {}

/** An event table is read by (transaction id, position): by position alone, a row that commits late is passed over. */
async function readTable(
  contract: EngineContract,
  { reader, decoder }: OpenHistory,
  state: HistoryState,
  cursors: readonly PartitionCursor[],
  { limit, lookedAt, signal, getsOn }: ReadOptions,
  collected: Collected,
): Promise<ReadDeliveries> {
  const { history } = contract;
  if (!isTransactionOrdered(reader) || history.kind !== 'postgres' || state.visibleBefore === null)
    throw new RangeError('not an event table');
  const visibleBefore = BigInt(state.visibleBefore);
  const newest = lookedAt === null ? visibleBefore : await reader.newestBound();
  const before = cursors[0] ?? null;
  const from = before ?? emptyCursor(0);
  const cursor = { transactionId: from.transaction ?? 0n, position: from.next - 1n };
  let [transaction, next] = [from.transaction, from.next];
  let finished = true;
  try {
    await reader.readUnapplied(visibleBefore, cursor, async (batch) => {
      signal.throwIfAborted();
      await decoder.prepare(batch);
      collected.take(batch);
      await getsOn();
      const last = batch.records.at(-1);
      if (last === undefined) return;
      transaction = BigInt(String(memberOf(decoder.decode(last), history.transactionId)));
      next = BigInt(last.offset) + 1n;
      if (collected.records >= limit) throw new Enough();
    });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    finished = false;
  }
  const [partition] = state.partitions;
  const end = BigInt(partition?.lastStable ?? 0);
  const start = { ...from, high: BigInt(partition?.highWatermark ?? 0) };
  const read = { ...collected.cursorOf(start, next, finished ? next : end), transaction };
  // Rows of a transaction that is open are not final, and neither are those of every later one.
  const readTo = finished ? visibleBefore : (transaction ?? 0n);
  const to = closed(read, lookedAt, { end: newest, readTo });
  return {
    ...collected.result(),
    moves: [{ from: before, to }],
    caughtUp: finished,
    closedUntil: to.closing.closedUntil,
  };
}

const emptyCursor = (partition: number): PartitionCursor => ({
  partition,
  next: 0n,
  transaction: null,
  logEnd: 0n,
  high: 0n,
  closing: notClosed,
  readUntil: null,
  events: 0,
  sentFrom: null,
});

function isTransactionOrdered(reader: HistoryReader): reader is HistoryReader & TransactionOrderedReader {
  return 'readUnapplied' in reader && typeof reader.readUnapplied === 'function';
}

/** Gathers what the batches of one turn hold. */
class Collected {
  readonly counts = new MinuteCounts();
  records = 0;
  private missing = 0;
  private readonly deliveries: Delivery[] = [];
  private readonly findings: DeliveryFinding[] = [];
  private readonly told = new Map<string, number>();
  private readonly of = new Map<number, { events: number; readUntilMs: number }>();
  private readonly reader: DeliveryReader;
  private readonly nowMs: number;

  constructor(contract: EngineContract, decoder: ValueDecoder, nowMs: number) {
    this.reader = new DeliveryReader(contract, (record) => decoder.decode(record));
    this.nowMs = nowMs;
  }

  /** Where each partition is read on, and what is gone before that. */
  placesOf(state: HistoryState, cursors: readonly PartitionCursor[]): Place[] {
    return state.partitions.map(({ partition, logStart, lastStable, highWatermark }) => {
      const before = cursors.find((each) => each.partition === partition) ?? null;
      const logEnd = BigInt(lastStable);
      // A partition that was added later: all that is in it came after the audit began.
      const known = before ?? {
        ...emptyCursor(partition),
        next: BigInt(logStart),
        sentFrom: addedFrom(cursors),
      };
      const start = { ...known, high: BigInt(highWatermark) };
      if (start.next < BigInt(logStart)) {
        this.gone(
          partition,
          start.next,
          BigInt(logStart),
          'were removed, by retention or by DeleteRecords, before they could be audited',
        );
        return { before, start: { ...start, next: BigInt(logStart) }, end: logEnd };
      }
      if (start.next > BigInt(highWatermark)) {
        this.gone(
          partition,
          BigInt(highWatermark),
          start.next,
          'were audited, and are gone from the log: its end is before them now',
        );
        return { before, start: { ...start, next: BigInt(highWatermark) }, end: logEnd };
      }
      return { before, start, end: logEnd };
    });
  }

  take({ partition, records, absences }: RecordBatch): void {
    for (const { from, to, cause } of absences)
      if (cause === 'missing') this.gone(partition, BigInt(from), BigInt(to), 'are missing from the log');
    const seen = this.of.get(partition) ?? { events: 0, readUntilMs: 0 };
    this.of.set(partition, seen);
    for (const record of records) {
      this.records += 1;
      const atMs = this.timeOf(record.timestampMs);
      seen.readUntilMs = Math.max(seen.readUntilMs, atMs);
      const { delivery, undecodable, filtered } = this.reader.read(record, partition);
      if (filtered) continue;
      seen.events += 1;
      this.counts.add(atMs, 'events');
      const place = { partition, offset: record.offset };
      if (undecodable !== null) {
        this.counts.add(atMs, 'undecodable');
        this.tell(
          findingOf('undecodable', new Date(atMs), undecodable, {
            ...place,
            eventId: delivery?.eventId ?? null,
          }),
        );
      }
      if (delivery !== null) this.deliveries.push({ ...delivery, atMs });
      else {
        this.counts.add(atMs, 'withoutId');
        this.tell(
          findingOf(
            'without-id',
            new Date(atMs),
            undecodable === null
              ? 'It has no idempotency key, so whether it was delivered before can not be told.'
              : 'Its idempotency key stands in its value, which can not be decoded.',
            place,
          ),
        );
      }
    }
  }

  cursorOf(start: PartitionCursor, next: bigint, logEnd: bigint): PartitionCursor {
    const seen = this.of.get(start.partition);
    if (seen === undefined) return { ...start, next, logEnd };
    return {
      ...start,
      next,
      logEnd,
      events: start.events + seen.events,
      readUntil: new Date(seen.readUntilMs),
    };
  }

  result() {
    const { deliveries, findings, missing, counts } = this;
    return { deliveries, findings, missing, counts };
  }

  private gone(partition: number, from: bigint, to: bigint, what: string): void {
    const count = Number(to - from);
    this.missing += count;
    this.counts.add(this.nowMs, 'missing', count);
    this.findings.push(
      findingOf(
        'missing',
        new Date(this.nowMs),
        `Offsets ${from} to ${to - 1n} of partition ${partition} ${what}.`,
        { partition, offset: Number(from), to: Number(to) },
      ),
    );
  }

  private tell(finding: DeliveryFinding): void {
    const told = (this.told.get(finding.kind) ?? 0) + 1;
    this.told.set(finding.kind, told);
    if (told <= toldPerTurn) this.findings.push(finding);
  }

  /** A producer may write any time; −1 is none. What no calendar has is taken for now. */
  private timeOf(timestampMs: number): number {
    return timestampMs >= 0 && timestampMs <= this.nowMs + 400 * 86_400_000 ? timestampMs : this.nowMs;
  }
}

/** Arrivals of a partition that came later count from its first record, where any are held against what was sent. */
const addedFrom = (cursors: readonly PartitionCursor[]) =>
  cursors.some(({ sentFrom }) => sentFrom !== null) ? 0n : null;
