import type { Finding, FindingKind } from './counters.ts';

/** How many findings of a kind are kept in detail, per partition. Counts are always exact. */
export const findingsKept = 100;

/** Findings since the last checkpoint: exact counts, and the first ones of each kind in detail. */
export class FindingLog {
  private readonly partition: number;
  private readonly total = new Map<FindingKind, number>();
  private counts = new Map<FindingKind, number>();
  private kept: Finding[] = [];

  /** `before` are the counts of earlier checkpoints, so that a resumed fold keeps no more than another. */
  constructor(partition: number, before: ReadonlyMap<FindingKind, number> = new Map()) {
    this.partition = partition;
    for (const [kind, count] of before) this.total.set(kind, count);
  }

  add(
    kind: FindingKind,
    offset: number,
    about: { key?: string | null; eventId?: string | null; eventType?: string | null },
    detail: string,
  ): void {
    if (!this.count(kind, 1)) return;
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

  /** A range of offsets counts as its offsets, so that the count does not depend on how batches cut it. */
  addRange(kind: FindingKind, from: number, to: number, detail: string): void {
    const last = this.kept.at(-1);
    if (last !== undefined && last.kind === kind && last.to === String(from)) {
      this.kept[this.kept.length - 1] = { ...last, to: String(to) };
      this.count(kind, to - from);
      return;
    }
    if (!this.count(kind, to - from)) return;
    this.kept.push({
      kind,
      partition: this.partition,
      offset: String(from),
      to: String(to),
      key: null,
      eventId: null,
      eventType: null,
      detail,
    });
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
