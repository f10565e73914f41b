import type { EngineContract, EngineEvent } from '../../../domain/contract/index.ts';
import {
  asText,
  compileSelector,
  EventReader,
  type HistoryRecord,
  type HistoryState,
  needsNoValue,
  type RecordBatch,
} from '../../../domain/replay/index.ts';
import { grouped } from '../../../domain/shared/counted.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CallBounded } from '../../ports/contracts.ts';
import type { HistoryOpener, ValueDecoder } from '../../ports/history.ts';
import type { ActionContext } from '../../ports/runbook-actions.ts';
import type { loadSubjects } from '../../replay/subjects.ts';

/** Kept of what is found; all are counted. */
export const mostShown = 200;
const sayEveryMs = 5_000;
const callMs = 10_000;

export type Wanted = {
  readonly by: 'key' | 'eventId';
  readonly value: string;
  /** Which are kept where more are found than are shown; left out: the first by time. 'last': those behind all others. */
  readonly keep?: 'last';
};
export type Hit = {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly id: string;
  readonly key: string;
  readonly type: string;
};

class Stop extends Error {}

type ReadingOptions = Pick<ActionContext, 'signal' | 'say'> & {
  readonly withinMs: number;
  /** So many that are found end it. */
  readonly enough?: number;
  /** First offsets of partitions that are not read from their beginning. */
  readonly from?: ReadonlyMap<number, bigint>;
  /** Nothing but what stands there. */
  readonly at?: { readonly partition: number; readonly offset: bigint } | null;
};

/** Answers whether all was read. A search that was ended in the middle tells what it has. */
export async function readAll(
  { clock }: { readonly clock: Clock },
  history: Awaited<ReturnType<HistoryOpener['open']>> & { readonly state: HistoryState },
  search: Search,
  { signal, say, withinMs, enough = Number.POSITIVE_INFINITY, from = new Map(), at = null }: ReadingOptions,
): Promise<boolean> {
  const { reader, decoder, state } = history;
  const ranges = state.partitions
    .map(({ partition, logStart, lastStable }) => ({
      partition,
      from: larger(BigInt(logStart), from.get(partition) ?? 0n),
      to: BigInt(lastStable),
    }))
    .flatMap((range) => (at === null ? [range] : within(range, at)))
    .filter(({ from, to }) => from < to);
  if (ranges.length === 0) return true;
  const total = totalOf(state);
  const until = clock.now().getTime() + withinMs;
  let said = clock.now().getTime();
  try {
    await reader.read(
      ranges,
      { identity: state.identity, visibleBefore: state.visibleBefore, signal },
      async (batch) => {
        await decoder.prepare(batch);
        search.take(batch);
        const now = clock.now().getTime();
        if (now > until || search.found >= enough) throw new Stop();
        if (now - said < sayEveryMs) return;
        said = now;
        say(`Read ${grouped(search.read)} of ${grouped(total)} offsets; found ${grouped(search.found)}.`);
      },
    );
    return true;
  } catch (error) {
    if (error instanceof Stop || signal.aborted) return false;
    throw error;
  }
}

function within(
  { partition, from, to }: { readonly partition: number; readonly from: bigint; readonly to: bigint },
  at: { readonly partition: number; readonly offset: bigint },
) {
  const isThere = partition === at.partition && from <= at.offset && at.offset < to;
  return isThere ? [{ partition, from: at.offset, to: at.offset + 1n }] : [];
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export const totalOf = ({ partitions }: HistoryState): bigint =>
  partitions.reduce((sum, { logStart, lastStable }) => sum + BigInt(lastStable) - BigInt(logStart), 0n);

export class Search {
  /** Offsets, with those that hold no record. */
  read = 0n;
  found = 0;
  /** Records of which it could not be told whether they are meant. */
  unreadable = 0;
  readonly hits: Hit[] = [];
  private readonly next = new Map<number, number>();
  private readonly id: Reading;
  private readonly key: Reading;
  private readonly type: Reading;
  /** Where an event touches other keys than its own, only the contract's code tells. */
  private readonly routed: ((record: HistoryRecord) => readonly string[] | null) | null;
  private readonly callBounded: CallBounded;
  private readonly contract: EngineContract;
  private readonly wanted: Wanted;

  constructor(
    { callBounded }: { readonly callBounded: CallBounded },
    contract: EngineContract,
    decoder: ValueDecoder,
    wanted: Wanted,
    subjects: Awaited<ReturnType<typeof loadSubjects>>,
  ) {
    this.callBounded = callBounded;
    this.contract = contract;
    this.wanted = wanted;
    this.id = new Reading(contract.envelope.id, decoder);
    this.key = new Reading(contract.ordering.key, decoder);
    this.type = new Reading(contract.envelope.type, decoder);
    const { route } = contract.projection;
    if (route === undefined || wanted.by === 'eventId') this.routed = null;
    else {
      const events = new EventReader({
        contract,
        decode: (record) => decoder.decode(record),
        keys: null,
        subjects,
      });
      this.routed = (record) => (events.read(record) === 'event' ? route(events.event as EngineEvent) : null);
    }
  }

  take(batch: RecordBatch): void {
    const { partition, records } = batch;
    const start = this.next.get(partition) ?? firstOf(batch);
    this.next.set(partition, batch.next);
    this.read += BigInt(batch.next - start);
    const found =
      this.routed === null
        ? records.filter((record) => this.isWanted(record))
        : this.callBounded(`routing events of ${this.contract.id}`, callMs, () =>
            records.filter((record) => this.isRouted(record)),
          );
    for (const record of found) this.keep(partition, record);
  }

  private isWanted(record: HistoryRecord): boolean {
    const text = (this.wanted.by === 'key' ? this.key : this.id).of(record);
    if (text === 'unreadable') this.unreadable += 1;
    return typeof text === 'object' && text !== null && text.text === this.wanted.value;
  }

  private isRouted(record: HistoryRecord): boolean {
    const keys = this.routed?.(record) ?? null;
    if (keys !== null) return keys.includes(this.wanted.value);
    return this.isWanted(record);
  }

  private keep(partition: number, record: HistoryRecord): void {
    this.found += 1;
    const { offset, timestampMs } = record;
    const text = (reading: Reading) => {
      const read = reading.of(record);
      return typeof read === 'object' && read !== null ? read.text : '';
    };
    this.hits.push({
      partition,
      offset,
      timestampMs,
      id: text(this.id),
      key: text(this.key),
      type: text(this.type),
    });
    if (this.hits.length <= 2 * mostShown) return;
    if (this.wanted.keep === 'last') {
      this.hits.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
      this.hits.splice(0, this.hits.length - mostShown);
    } else {
      this.hits.sort(byTime);
      this.hits.length = mostShown;
    }
  }
}

const firstOf = ({ records, absences, next }: RecordBatch) =>
  Math.min(records[0]?.offset ?? next, absences[0]?.from ?? next);

export const byTime = (a: Hit, b: Hit) =>
  a.timestampMs - b.timestampMs || a.partition - b.partition || a.offset - b.offset;

/** One value of the envelope, without decoding where it stands beside the value. */
class Reading {
  private readonly read: ReturnType<typeof compileSelector>;
  private readonly early: boolean;
  private readonly decoder: ValueDecoder;

  constructor(selector: Parameters<typeof compileSelector>[0], decoder: ValueDecoder) {
    this.read = compileSelector(selector);
    this.early = needsNoValue(selector);
    this.decoder = decoder;
  }

  of(record: HistoryRecord): { readonly text: string } | 'unreadable' | null {
    let value: unknown;
    if (!this.early) {
      if (record.value === null) return null;
      try {
        value = this.decoder.decode(record);
      } catch {
        return 'unreadable';
      }
    }
    const text = asText(this.read(record, value));
    return text === undefined ? null : { text };
  }
}
