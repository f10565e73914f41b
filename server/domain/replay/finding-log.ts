import type { Finding, FindingKind } from './counters.ts';

/** How many findings of a kind are kept in detail, per partition: records, or ranges of offsets. Counts are always exact. */
export const findingsKept = 100;

/** A finding about a range that has been kept. */
export type FoundRange = { readonly kind: FindingKind; readonly from: number; readonly to: number };

/** Findings since the last checkpoint: exact counts, and the first ones of each kind in detail. */
export class FindingLog {
  private readonly partition: number;
  private readonly waived: ReadonlySet<number>;
  private readonly total = new Map<FindingKind, number>();
  private counts = new Map<FindingKind, number>();
  private kept: Finding[] = [];
  /** Of each kind of range: how many are kept, and where the last one that was found begins and ends. */
  private readonly ranges = new Map<
    FindingKind,
    { kept: number; from: number; to: number; isKept: boolean }
  >();

  /**
   * `before` and `ranges` are counts and ranges of earlier checkpoints, so that a resumed fold keeps the same as
   * another. Whether a waived record was quarantined is told by its finding, so that one is kept whatever its number.
   */
  constructor(
    partition: number,
    before: ReadonlyMap<FindingKind, number> = new Map(),
    ranges: readonly FoundRange[] = [],
    waived: ReadonlySet<number> = new Set(),
  ) {
    this.partition = partition;
    this.waived = waived;
    for (const [kind, count] of before) this.total.set(kind, count);
    for (const { kind, from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
      this.ranges.set(kind, { kept: (this.ranges.get(kind)?.kept ?? 0) + 1, from, to, isKept: true });
    }
  }

  add(
    kind: FindingKind,
    offset: number,
    about: { key?: string | null; eventId?: string | null; eventType?: string | null },
    detail: string,
  ): void {
    if (!this.count(kind, 1) && !this.waived.has(offset)) return;
    this.kept.push({
      kind,
      partition: this.partition,
      offset: String(offset),
      to: null,
      key: about.key ?? null,
      eventId: about.eventId ?? null,
      eventType: about.eventType ?? null,
      detail,
    });
  }

  /**
   * A range of offsets counts as its offsets and is kept as one, however batches and checkpoints cut it: one that goes
   * on after a checkpoint is told again from its beginning, and takes the place of what was told of it.
   */
  addRange(kind: FindingKind, from: number, to: number, detail: string): void {
    this.count(kind, to - from);
    const last = this.ranges.get(kind) ?? { kept: 0, from: -1, to: -1, isKept: false };
    this.ranges.set(kind, last);
    const goesOn = last.to === from;
    if (!goesOn) {
      last.from = from;
      last.isKept = last.kept < findingsKept;
      if (last.isKept) last.kept += 1;
    }
    last.to = to;
    if (last.isKept) this.keepRange(kind, last.from, to, detail);
  }

  private keepRange(kind: FindingKind, from: number, to: number, detail: string): void {
    const about = { key: null, eventId: null, eventType: null };
    const finding = {
      kind,
      partition: this.partition,
      offset: String(from),
      to: String(to),
      ...about,
      detail,
    };
    const at = this.kept.findLastIndex((each) => each.kind === kind && each.offset === finding.offset);
    if (at < 0) this.kept.push(finding);
    else this.kept[at] = finding;
  }

  private count(kind: FindingKind, by: number): boolean {
    const total = this.total.get(kind) ?? 0;
    this.total.set(kind, total + by);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + by);
    return total < findingsKept;
  }

  take(): {
    readonly findings: readonly Finding[];
    readonly findingCounts: ReadonlyMap<FindingKind, number>;
  } {
    const taken = { findings: this.kept, findingCounts: this.counts };
    this.kept = [];
    this.counts = new Map();
    return taken;
  }
}
