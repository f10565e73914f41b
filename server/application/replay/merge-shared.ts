import type { EngineContract } from '../../domain/contract/index.ts';
import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import {
  type Counters,
  EventReader,
  type Finding,
  type FindingKind,
  type SharedId,
} from '../../domain/replay/index.ts';
import type { PlacedShadowRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { foldKey } from './fold-key.ts';
import { type KeyHistory, readKeyHistories } from './key-events.ts';
import { withHistory } from './open-contract.ts';
import { breaths, type Phase } from './phase.ts';
import type { OpenHistory } from './state-overlay.ts';
import { loadSubjects } from './subjects.ts';

/** What merging changes, to be written in its one transaction. */
export type Merged = { write(tx: Transaction, summed: Counters): Promise<Counters> };

const keysPerRead = 20_000;
const findingsKept = 100;

/**
 * Folds again, across partitions, every key that stands in two of them or that an id delivered in two of them has
 * touched. Null where there is neither, the usual case.
 */
export async function refoldShared(phase: Phase, shared: readonly SharedId[]): Promise<Merged | null> {
  const { deps, replayId, running } = phase;
  const spread = new Set<string>();
  await deps.unitOfWork.run(async (tx) => {
    for await (const rows of deps.results.keysInTwoPartitions(tx, replayId)) {
      for (const { key } of rows) spread.add(key);
    }
  });
  if (spread.size === 0 && shared.length === 0) return null;
  const subjects = await loadSubjects(deps, running.contract);
  return withHistory(deps, running.contract, async ({ reader, decoder }) => {
    const history: OpenHistory = { reader, decoder, subjects };
    const touched = [...new Set([...spread, ...(await keysOfShared(phase, history, shared))])];
    const refolded = new Refolded(running.contract, spread, shared);
    const breathe = breaths(deps.clock);
    for (let at = 0; at < touched.length; at += keysPerRead) {
      const keys = new Set(touched.slice(at, at + keysPerRead));
      const histories = await readKeyHistories(phase, history, keys, Number.POSITIVE_INFINITY);
      for (const [key, own] of histories) {
        await breathe();
        refolded.fold(key, own);
      }
    }
    refolded.countShared(new Map(running.plan.ranges.map((range) => [range.partition, Number(range.from)])));
    return { write: (tx: Transaction, summed: Counters) => refolded.write(phase, tx, summed) };
  });
}

/** The keys that the deliveries of shared ids touch, read where those deliveries stand. */
async function keysOfShared(
  phase: Phase,
  { reader, decoder, subjects }: OpenHistory,
  shared: readonly SharedId[],
): Promise<ReadonlySet<string>> {
  const { running, signal } = phase;
  const offsets = new Map<number, Set<number>>();
  for (const { deliveries } of shared) {
    for (const { partition, offset } of deliveries) {
      const known = offsets.get(partition) ?? new Set();
      offsets.set(partition, known.add(offset));
    }
  }
  const keys = new Set<string>();
  const events = new EventReader({
    contract: running.contract,
    decode: (record) => decoder.decode(record),
    keys: null,
    subjects,
  });
  const { identity, visibleBefore } = running.plan.history;
  for (const [partition, wanted] of offsets) {
    const { first, last } = bounds(wanted);
    const ranges = [{ partition, from: BigInt(first), to: BigInt(last) + 1n }];
    await reader.read(ranges, { identity, visibleBefore, signal }, async (batch) => {
      await decoder.prepare(batch);
      for (const record of batch.records) {
        if (wanted.has(record.offset) && events.read(record) === 'event') keys.add(events.event.key);
      }
    });
  }
  return keys;
}

function bounds(offsets: ReadonlySet<number>): { readonly first: number; readonly last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const offset of offsets) {
    first = Math.min(first, offset);
    last = Math.max(last, offset);
  }
  return { first, last };
}

type Delivery = SharedId['deliveries'][number];

const placeOf = (partition: number, offset: number | string) => `${partition}:${offset}`;

class Refolded {
  private readonly contract: EngineContract;
  private readonly spread: ReadonlySet<string>;
  private readonly shared: readonly SharedId[];
  /** What each delivery of a shared id was in its key's history, once that has been folded. */
  private readonly deliveries: Map<string, KeyEvent | null>;
  private readonly rows: PlacedShadowRow[] = [];
  private readonly gone: string[] = [];
  private readonly findings = new Map<number, Finding[]>();
  private readonly counts = new Map<number, Map<FindingKind, number>>();
  private duplicates = 0;
  private conflicting = 0;
  private quarantined = 0;

  constructor(contract: EngineContract, spread: ReadonlySet<string>, shared: readonly SharedId[]) {
    this.contract = contract;
    this.spread = spread;
    this.shared = shared;
    this.deliveries = new Map(
      shared.flatMap(({ deliveries }) =>
        deliveries.map(({ partition, offset }) => [placeOf(partition, offset), null] as const),
      ),
    );
  }

  /** One key's events as one fold, whatever the partitions. */
  fold(key: string, { events }: KeyHistory): void {
    const { state, applied, last, deterministic, refused } = foldKey(this.contract, key, events);
    for (const { event, why } of refused) {
      this.quarantined += 1;
      this.find('projection-failed', key, event, `Folded across partitions, the projection failed: ${why}`);
    }
    for (const event of events) {
      const place = placeOf(event.partition, event.offset);
      if (this.deliveries.has(place)) this.deliveries.set(place, event);
    }
    if (this.spread.has(key)) this.findSpread(key, events);
    if (last === null) {
      this.gone.push(key);
      return;
    }
    if (!deterministic) {
      this.find(
        'not-deterministic',
        key,
        last,
        'Folded twice across partitions, its events give two states.',
      );
    }
    this.rows.push({
      key,
      partition: last.partition,
      state,
      lastOffset: BigInt(last.offset),
      events: BigInt(applied),
      spread: this.spread.has(key),
    });
  }

  private findSpread(key: string, events: readonly KeyEvent[]): void {
    const partitions = [...new Set(events.map((each) => each.partition))].toSorted((a, b) => a - b);
    const later = events.find((each) => each.partition !== events[0]?.partition);
    if (later === undefined) return;
    const where = partitions.join(' and ');
    this.find(
      'key-in-two-partitions',
      key,
      later,
      `Its events stand in partitions ${where}, which have no order between them.`,
    );
  }

  /** Each delivery after the first of a shared id was applied by its partition's fold, and is a duplicate after all. */
  countShared(from: ReadonlyMap<number, number>): void {
    const isNew = (each: Delivery) => each.offset >= (from.get(each.partition) ?? 0);
    for (const { deliveries, sameContent } of this.shared) {
      // What a base has counted stays counted there: its deliveries come first, and then the one that was applied.
      const [first, ...later] = deliveries.toSorted(
        (a, b) => Number(isNew(a)) - Number(isNew(b)) || Number(this.isAgain(a)) - Number(this.isAgain(b)),
      );
      for (const { partition, offset } of later.filter(isNew)) {
        const event = this.deliveries.get(placeOf(partition, offset));
        this.duplicates += 1;
        if (!sameContent) this.conflicting += 1;
        this.note({
          kind: sameContent ? 'duplicate' : 'conflicting-duplicate',
          partition,
          offset: String(offset),
          to: null,
          key: event?.event?.key ?? null,
          eventId: event?.eventId ?? null,
          eventType: event?.eventType ?? null,
          detail: `Its id was delivered in partition ${first?.partition} too, at offset ${first?.offset}, with ${sameContent ? 'the same' : 'other'} content.`,
        });
      }
    }
  }

  private isAgain({ partition, offset }: Delivery): boolean {
    return this.deliveries.get(placeOf(partition, offset))?.outcome === 'duplicate';
  }

  private find(kind: FindingKind, key: string, at: KeyEvent, detail: string): void {
    const { partition, offset, eventId, eventType } = at;
    this.note({ kind, partition, offset, to: null, key, eventId, eventType, detail });
  }

  private note(finding: Finding): void {
    const counts = this.counts.get(finding.partition) ?? new Map<FindingKind, number>();
    this.counts.set(finding.partition, counts);
    const count = (counts.get(finding.kind) ?? 0) + 1;
    counts.set(finding.kind, count);
    const kept = this.findings.get(finding.partition) ?? [];
    this.findings.set(finding.partition, kept);
    if (count <= findingsKept) kept.push(finding);
  }

  async write({ deps, replayId }: Phase, tx: Transaction, summed: Counters): Promise<Counters> {
    await deps.results.replaceShadow(tx, replayId, this.rows, this.gone);
    for (const [partition, counts] of this.counts) {
      await deps.results.addFindings(tx, replayId, partition, this.findings.get(partition) ?? [], counts);
    }
    return {
      ...summed,
      applied: summed.applied - this.duplicates - this.quarantined,
      duplicates: summed.duplicates + this.duplicates,
      conflictingDuplicates: summed.conflictingDuplicates + this.conflicting,
      quarantined: summed.quarantined + this.quarantined,
    };
  }
}
