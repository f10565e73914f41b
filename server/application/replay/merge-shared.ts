import type { KeyEvent } from '../../domain/reconciliation/index.ts';
import {
  type Counters,
  type Finding,
  type FindingKind,
  noNotes,
  type SharedId,
} from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { PlacedShadowRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type FoldedKey, foldKey } from './fold-key.ts';
import { nothingBeyond, readKeyHistories } from './key-events.ts';
import type { CollectedEvent, KeyHistory } from './key-histories.ts';
import { type NotesTaken, notesTaken, plus } from './notes-taken.ts';
import { type RunningReplay, withHistory } from './open-contract.ts';
import { breaths, isBaseOutOfReach, type Phase } from './phase.ts';
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
    const refolded = await refold(phase, history, { spread, shared }, null).catch((error: unknown) => {
      const { base } = running.plan;
      if (base === null || !(error instanceof RepriseError) || !isBaseOutOfReach(phase, error)) throw error;
      return refold(withoutBase(phase), history, { spread, shared }, base.replayId);
    });
    return { write: (tx: Transaction, summed: Counters) => refolded.write(phase, tx, summed) };
  });
}

type Refolding = { readonly spread: ReadonlySet<string>; readonly shared: readonly SharedId[] };

/**
 * From the keys' beginning; or, where what a base has read is gone, on from its states (`onto`). That is as good but for
 * the order between its events and those of other partitions, which no longer goes by time: what the base holds is first.
 */
async function refold(
  phase: Phase,
  history: OpenHistory,
  { spread, shared }: Refolding,
  onto: string | null,
): Promise<Refolded> {
  const { deps, running } = phase;
  const delivered = await readDelivered(phase, history, shared);
  const touched = [...new Set([...spread, ...keysOf(delivered)])];
  const refolded = new Refolded(running, spread, delivered);
  const breathe = breaths(deps.clock);
  for (let at = 0; at < touched.length; at += keysPerRead) {
    const keys = new Set(touched.slice(at, at + keysPerRead));
    const all = Number.POSITIVE_INFINITY;
    const histories = await readKeyHistories(phase, history, keys, all, nothingBeyond, delivered);
    const bases = onto === null ? new Map<string, PlacedShadowRow>() : await statesOf(phase, onto, keys);
    for (const [key, own] of histories.within()) {
      await breathe();
      refolded.fold(key, own, bases.get(key) ?? null);
    }
  }
  refolded.countAgain(delivered);
  return refolded;
}

/** The same replay, as one that reads its own ranges only. */
function withoutBase(phase: Phase): Phase {
  const { running } = phase;
  return { ...phase, running: { ...running, plan: { ...running.plan, base: null } } };
}

/** What a base says of keys, in the partitions that the replay goes on with. It is trusted, so each key stands in one. */
async function statesOf(
  { deps, running }: Phase,
  base: string,
  keys: ReadonlySet<string>,
): Promise<ReadonlyMap<string, PlacedShadowRow>> {
  const partitions = new Set(running.plan.ranges.map((range) => range.partition));
  const rows = await deps.unitOfWork.run((tx) => deps.results.shadowOf(tx, base, [...keys]));
  return new Map(rows.filter((row) => partitions.has(row.partition)).map((row) => [row.key, row]));
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

  /** One key's events as one fold, whatever the partitions, on from what a base says of it. */
  fold(key: string, { events }: KeyHistory, base: PlacedShadowRow | null): void {
    const { contract } = this.running;
    const { state, applied, last, deterministic, refused } = foldKey(contract, key, events, base);
    for (const { event, why } of refused) {
      this.quarantined += 1;
      this.find('projection-failed', key, event, `Folded across partitions, the projection failed: ${why}`);
    }
    // What a partition's fold has noted after the base's own events can't be told without these, and stays.
    const noted = base === null ? events : events.filter((each) => each.partition !== base.partition);
    this.takeNotes(key, noted, refused);
    if (this.spread.has(key)) this.findSpread(key, events, base);
    const at = last ?? refused.at(-1)?.event;
    if (!deterministic && at !== undefined) {
      const detail = 'Folded twice across partitions, its events give two states.';
      this.find('not-deterministic', key, at, detail);
    }
    if (last === null) {
      if (base === null) this.gone.push(key);
      else this.rows.push({ ...base, spread: true });
      return;
    }
    this.rows.push({
      key,
      partition: last.partition,
      state,
      lastOffset: BigInt(last.offset),
      events: BigInt(applied) + (base?.events ?? 0n),
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

  private findSpread(key: string, events: readonly KeyEvent[], base: PlacedShadowRow | null): void {
    const places = [base, ...events].flatMap((each) => each?.partition ?? []);
    const partitions = [...new Set(places)].toSorted((a, b) => a - b);
    const later = events.find((each) => each.partition !== places[0]);
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
