import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import {
  type Counters,
  type Finding,
  type FindingKind,
  noNotes,
  type SharedId,
} from '../../domain/replay/index.ts';
import type { PlacedShadowRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type FoldedKey, foldKey } from './fold-key.ts';
import { nothingBeyond, readKeyHistories } from './key-events.ts';
import type { CollectedEvent, KeyHistory } from './key-histories.ts';
import { type NotesTaken, notesTaken, plus } from './notes-taken.ts';
import { type RunningReplay, withHistory } from './open-contract.ts';
import { breaths, type Phase } from './phase.ts';
import { type Delivered, keysOf, placeOf, readDelivered } from './redeliveries.ts';
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
    const delivered = await readDelivered(phase, history, shared);
    const touched = [...new Set([...spread, ...keysOf(delivered)])];
    const refolded = new Refolded(running, spread, delivered);
    const breathe = breaths(deps.clock);
    for (let at = 0; at < touched.length; at += keysPerRead) {
      const keys = new Set(touched.slice(at, at + keysPerRead));
      const all = Number.POSITIVE_INFINITY;
      const histories = await readKeyHistories(phase, history, keys, all, nothingBeyond, delivered);
      for (const [key, own] of histories.within()) {
        await breathe();
        refolded.fold(key, own);
      }
    }
    refolded.countAgain(delivered);
    return { write: (tx: Transaction, summed: Counters) => refolded.write(phase, tx, summed) };
  });
}

class Refolded {
  private readonly running: RunningReplay;
  private readonly spread: ReadonlySet<string>;
  /** Places of the deliveries that are redeliveries after all; those of a base stay as it has counted them. */
  private readonly again: ReadonlySet<string>;
  private notes = noNotes;
  private readonly withdrawn: NotesTaken['withdrawn'][number][] = [];
  private readonly rows: PlacedShadowRow[] = [];
  private readonly gone: string[] = [];
  private readonly findings = new Map<number, Finding[]>();
  private readonly counts = new Map<number, Map<FindingKind, number>>();
  private duplicates = 0;
  private conflicting = 0;
  private quarantined = 0;

  constructor(running: RunningReplay, spread: ReadonlySet<string>, delivered: readonly Delivered[]) {
    this.running = running;
    this.spread = spread;
    const again = delivered.flatMap(({ deliveries }) => deliveries.slice(1).filter((each) => !each.ofBase));
    this.again = new Set(again.map((each) => placeOf(each.partition, each.offset)));
  }

  /** One key's events as one fold, whatever the partitions. */
  fold(key: string, { events }: KeyHistory): void {
    const { state, applied, last, deterministic, refused } = foldKey(this.running.contract, key, events);
    for (const { event, why } of refused) {
      this.quarantined += 1;
      this.find('projection-failed', key, event, `Folded across partitions, the projection failed: ${why}`);
    }
    this.takeNotes(key, events, refused);
    if (this.spread.has(key)) this.findSpread(key, events);
    const at = last ?? refused.at(-1)?.event;
    if (!deterministic && at !== undefined) {
      const detail = 'Folded twice across partitions, its events give two states.';
      this.find('not-deterministic', key, at, detail);
    }
    if (last === null) {
      this.gone.push(key);
      return;
    }
    this.rows.push({
      key,
      partition: last.partition,
      state,
      lastOffset: BigInt(last.offset),
      events: BigInt(applied),
      // Also where only an id is shared: its partition's fold alone would apply what is a redelivery, and at another
      // position another delivery may be the first one.
      spread: true,
    });
  }

  /** What a partition's fold has noted of an event that was not to be applied is taken back, and all that followed from it. */
  private takeNotes(key: string, events: readonly CollectedEvent[], refused: FoldedKey['refused']): void {
    const isAgain = ({ partition, offset }: CollectedEvent) => this.again.has(placeOf(partition, offset));
    const folded = events.filter((each) => each.outcome === 'applied' || isAgain(each));
    const left = new Set<KeyEvent>(refused.map(({ event }) => event));
    const taken = notesTaken(this.running, key, folded, (each) => !isAgain(each) && !left.has(each));
    this.notes = plus(this.notes, taken.counts);
    this.withdrawn.push(...taken.withdrawn);
    for (const { kind, at } of taken.found)
      this.find(
        kind,
        key,
        at,
        'So it is without what was delivered in another partition before, or refused.',
      );
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
  countAgain(delivered: readonly Delivered[]): void {
    for (const { deliveries, sameContent } of delivered) {
      const [first, ...again] = deliveries;
      if (first === undefined) continue;
      for (const { partition, offset, ofBase, key, eventId, eventType } of again) {
        // What a base has counted stays counted there.
        if (ofBase) continue;
        this.duplicates += 1;
        if (!sameContent) this.conflicting += 1;
        this.note({
          kind: sameContent ? 'duplicate' : 'conflicting-duplicate',
          partition,
          offset: String(offset),
          to: null,
          key,
          eventId,
          eventType,
          detail: `Its id was delivered in partition ${first.partition} too, at offset ${first.offset}, with ${sameContent ? 'the same' : 'other'} content.`,
        });
      }
    }
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
    await deps.results.removeFindings(tx, replayId, this.withdrawn);
    for (const [partition, counts] of this.counts) {
      await deps.results.addFindings(tx, replayId, partition, this.findings.get(partition) ?? [], counts);
    }
    return {
      ...summed,
      applied: summed.applied - this.duplicates - this.quarantined,
      duplicates: summed.duplicates + this.duplicates,
      conflictingDuplicates: summed.conflictingDuplicates + this.conflicting,
      quarantined: summed.quarantined + this.quarantined,
      ...plus(this.notes, summed),
    };
  }
}
