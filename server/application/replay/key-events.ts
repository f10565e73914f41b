import type { EngineContract, EngineEvent } from '../../domain/contract/index.ts';
import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import {
  EventReader,
  type HistoryRecord,
  historyStart,
  type SeenOutcome,
  SeenTable,
} from '../../domain/replay/index.ts';
import type { RunnerDeps } from './deps.ts';
import { type Collected, KeyHistories } from './key-histories.ts';
import type { RunningReplay } from './open-contract.ts';
import { type Delivered, deliveredAmong } from './redeliveries.ts';
import type { OpenHistory } from './state-overlay.ts';
import { readRows, type TableRows } from './table-rows.ts';

export type KeyRead = {
  readonly deps: RunnerDeps;
  readonly running: RunningReplay;
  readonly replayId: string;
  readonly signal: AbortSignal;
};

/** What is read beyond the plan's end too: up to these offsets, and these rows of an event table. */
export type Beyond = {
  readonly ends: ReadonlyMap<number, bigint>;
  readonly rows: TableRows | null;
};
export const nothingBeyond: Beyond = { ends: new Map(), rows: null };

/**
 * Reads the own histories of some keys: one filtered read of each partition, judged as the fold has judged it
 * (the ids that it has seen say which delivery was the first). Memory is bounded by these keys' events; of a key
 * with more than `eventsPerKey` the rest is left out, and it says so. `known` are the deliveries of shared ids, for
 * who has found them already.
 */
export async function readKeyHistories(
  read: KeyRead,
  history: OpenHistory,
  keys: ReadonlySet<string>,
  eventsPerKey: number,
  beyond: Beyond = nothingBeyond,
  known?: readonly Delivered[],
): Promise<KeyHistories> {
  const collected = new Map<string, Collected>();
  for (const key of keys) collected.set(key, { partitions: new Map(), count: 0, overflow: false });
  const { plan } = read.running;
  const idsBeyond = new Map<number, Uint8Array>();
  for (const range of plan.ranges) {
    read.signal.throwIfAborted();
    const { rows } = beyond;
    const isBeyond = (offset: number) => offset >= Number(range.to) || rows?.places.has(offset) === true;
    const collector = new Collector(read, history, {
      partition: range.partition,
      collected,
      eventsPerKey,
      isBeyond,
    });
    await collector.load();
    // A base reaches back to the beginning, and so do the keys' own histories.
    const from = historyStart(plan, range);
    const end = beyond.ends.get(range.partition) ?? 0n;
    const to = end > BigInt(range.to) ? end : BigInt(range.to);
    const ranges = [{ partition: range.partition, from, to }];
    const { identity, visibleBefore } = plan.history;
    const options = { identity, visibleBefore, signal: read.signal };
    await history.reader.read(ranges, options, async (batch) => {
      await history.decoder.prepare(batch);
      for (const record of batch.records) collector.take(record);
    });
    if (rows !== null)
      await readRows(read, history, rows, async (batch) => {
        for (const record of batch.records) collector.take(record);
      });
    idsBeyond.set(range.partition, collector.idsBeyond());
  }
  const ids = appliedIds(collected.values());
  return new KeyHistories(collected, known ?? (await deliveredAmong(read, history, ids, idsBeyond)));
}

function* appliedIds(collected: Iterable<Collected>): Iterable<string> {
  for (const { partitions } of collected) {
    for (const events of partitions.values()) {
      for (const { outcome, eventId } of events) if (outcome === 'applied' && eventId !== null) yield eventId;
    }
  }
}

type Collecting = {
  readonly partition: number;
  readonly collected: ReadonlyMap<string, Collected>;
  readonly eventsPerKey: number;
  readonly isBeyond: (offset: number) => boolean;
};

class Collector {
  private readonly read: KeyRead;
  private readonly into: Collecting;
  private readonly contract: EngineContract;
  private readonly ofKeys: EventReader;
  private readonly ofAll: EventReader;
  /** The one that has read the record at hand. */
  private reader: EventReader;
  private readonly seen = new SeenTable();

  constructor(read: KeyRead, { decoder, subjects }: OpenHistory, into: Collecting) {
    this.read = read;
    this.into = into;
    const { contract, plan } = read.running;
    this.contract = contract;
    const decode = (record: HistoryRecord) => decoder.decode(record);
    const options = { contract, decode, subjects, partition: into.partition };
    this.ofKeys = new EventReader({ ...options, keys: new Set(into.collected.keys()) });
    const inScope = plan.scope.kind === 'keys' ? new Set(plan.scope.keys) : null;
    this.ofAll = plan.ranges.length < 2 ? this.ofKeys : new EventReader({ ...options, keys: inScope });
    this.reader = this.ofKeys;
  }

  async load(): Promise<void> {
    const { deps, replayId } = this.read;
    await deps.unitOfWork.run(
      async (tx) => {
        for await (const packed of deps.folds.seen(tx, replayId, this.into.partition)) this.seen.load(packed);
      },
      { snapshot: true },
    );
  }

  /** Packed ids that came first beyond the plan's end. */
  idsBeyond(): Uint8Array {
    return this.seen.takeNew();
  }

  take(record: HistoryRecord): void {
    // Beyond the plan's end no fold has noted the ids, and those of other keys count too.
    const reader = this.into.isBeyond(record.offset) ? this.ofAll : this.ofKeys;
    this.reader = reader;
    const outcome = reader.read(record);
    if (outcome !== 'event') {
      if (reader.key === null) return;
      this.keep(reader.key, record, { outcome, event: null, duplicateOf: null, detail: reader.detail });
      return;
    }
    const { event } = reader;
    const judged = this.judge(record, event);
    for (const key of this.touched(event)) {
      this.keep(key, record, { ...judged, event: key === event.key ? event : { ...event, key } });
    }
  }

  /** The fold has remembered the first applied delivery of every id, and nothing of what it set aside. */
  private judge(
    record: HistoryRecord,
    event: EngineEvent,
  ): Pick<KeyEvent, 'outcome' | 'duplicateOf' | 'detail'> {
    if (!this.seen.has(event.id)) {
      if (this.into.isBeyond(record.offset)) {
        this.note(event.id, record.offset);
        return { outcome: 'applied', duplicateOf: null, detail: null };
      }
      return {
        outcome: 'quarantined',
        duplicateOf: null,
        detail: 'The projection refused it when it was folded.',
      };
    }
    if (this.seen.firstOffset === record.offset)
      return { outcome: 'applied', duplicateOf: null, detail: null };
    const duplicateOf = `p${this.into.partition}:${this.seen.firstOffset}`;
    return this.note(event.id, record.offset) === 'conflict'
      ? { outcome: 'conflicting-duplicate', duplicateOf, detail: 'The same id with other content.' }
      : { outcome: 'duplicate', duplicateOf, detail: 'Delivered before, with the same content.' };
  }

  private note(id: string, offset: number): SeenOutcome {
    const { keyApart, content, contentFrom, contentTo } = this.reader;
    return this.seen.add(id, keyApart, content, offset, contentFrom, contentTo);
  }

  private touched(event: EngineEvent): readonly string[] {
    const { route } = this.contract.projection;
    if (route === undefined) return [event.key];
    try {
      return [...new Set(route(event))];
    } catch {
      // The fold has quarantined it under its own key.
      return [event.key];
    }
  }

  private keep(
    key: string,
    record: HistoryRecord,
    judged: Pick<KeyEvent, 'outcome' | 'event' | 'duplicateOf' | 'detail'>,
  ): void {
    const found = this.into.collected.get(key);
    if (found === undefined) return;
    if (found.count >= this.into.eventsPerKey) {
      found.overflow = true;
      return;
    }
    found.count += 1;
    const events = found.partitions.get(this.into.partition) ?? [];
    found.partitions.set(this.into.partition, events);
    const { reader } = this;
    events.push({
      partition: this.into.partition,
      offset: String(record.offset),
      timestampMs: record.timestampMs,
      eventId: reader.id,
      eventType: reader.type,
      version: reader.version,
      earlierData: this.isEarlier() ? reader.ownData : undefined,
      sequence: reader.sequence,
      lost: reader.erased ? (reader.erasedFields?.lostFields(reader.erasedUntraceable) ?? null) : null,
      ...judged,
    });
  }

  private isEarlier(): boolean {
    const versions = this.contract.events[this.reader.type ?? '']?.versions;
    return versions !== undefined && this.reader.version !== versions.at(-1)?.version;
  }
}
