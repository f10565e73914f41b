/** How long reads that asked for a write had to wait until it could be read. Pure: time is an argument. */

/** Upper bounds, inclusive; the last is without one. */
const boundsMs = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;
const mostWaiting = 1_000;
/** A position that does not come in so long was never given out. */
const forgottenMs = 300_000;

export type Waits = {
  /** How many waited at most so long, and longer than the bound before; null: longer than all of these. */
  readonly buckets: readonly { readonly atMostMs: number | null; readonly count: number }[];
  /** Those that waited, and what they waited together. */
  readonly waited: number;
  readonly waitedMs: number;
  readonly longestMs: number;
  /** Those that could be answered at once. */
  readonly atOnce: number;
  /** Those that wait now. */
  readonly waiting: number;
};

export class ReadWaits {
  private readonly counts = new Array<number>(boundsMs.length + 1).fill(0);
  private readonly since = new Map<
    string,
    { readonly key: string; readonly target: bigint; readonly atMs: number }
  >();
  /** Waits that are over, whose answer is still to be fetched. */
  private readonly served = new Set<string>();
  private waited = 0;
  private waitedMs = 0;
  private longestMs = 0;
  private atOnce = 0;

  /** A read came to what it wanted: at once, unless it had been told to come again. */
  answered(key: string, target: bigint): void {
    if (!this.served.delete(`${target}:${key}`)) this.atOnce += 1;
  }

  /** A read was told to come again. Only its first time counts as the beginning of its wait. */
  behind(key: string, target: bigint, nowMs: number): void {
    const name = `${target}:${key}`;
    if (this.since.has(name)) return;
    this.forget(nowMs);
    if (this.since.size < mostWaiting) this.since.set(name, { key, target, atMs: nowMs });
  }

  /** The read model has come to a position of a key: whoever waited for it, or for one before, waits no more. */
  applied(key: string, position: bigint, nowMs: number): void {
    for (const [name, wait] of this.since) {
      if (wait.key !== key || wait.target > position) continue;
      this.since.delete(name);
      if (this.served.size < mostWaiting) this.served.add(name);
      this.observe(Math.max(0, nowMs - wait.atMs));
    }
  }

  read(): Waits {
    const { waited, waitedMs, longestMs, atOnce } = this;
    const buckets = this.counts.map((count, at) => ({ atMostMs: boundsMs[at] ?? null, count }));
    return { buckets, waited, waitedMs, longestMs, atOnce, waiting: this.since.size };
  }

  private observe(ms: number): void {
    const place = boundsMs.findIndex((bound) => ms <= bound);
    const at = place === -1 ? boundsMs.length : place;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.waited += 1;
    this.waitedMs += ms;
    this.longestMs = Math.max(this.longestMs, ms);
  }

  private forget(nowMs: number): void {
    for (const [name, { atMs }] of this.since) if (nowMs - atMs > forgottenMs) this.since.delete(name);
  }
}
