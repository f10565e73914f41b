/** At least so many places wait to be sorted in; more of them the more runs there are, so that each is moved few times. */
const LEAST_WAITING = 65_536;

/**
 * A set of offsets, kept as runs without a hole: what follows each other takes no more room than one. Takes them in any
 * order, each as often as it comes.
 */
export class Places {
  /** Ascending, disjoint and not touching: [from, to). */
  private froms: number[] = [];
  private tos: number[] = [];
  private waiting: number[] = [];

  add(offset: number): void {
    this.waiting.push(offset);
    if (this.waiting.length >= Math.max(LEAST_WAITING, this.froms.length)) this.settle();
  }

  has(offset: number): boolean {
    this.settle();
    const { froms, tos } = this;
    let low = 0;
    let high = froms.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((froms[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low > 0 && offset < (tos[low - 1] ?? 0);
  }

  /** How many offsets there are. */
  get size(): number {
    this.settle();
    return this.froms.reduce((sum, from, at) => sum + (this.tos[at] ?? from) - from, 0);
  }

  /** Ascending. */
  runs(): readonly { readonly from: number; readonly to: number }[] {
    this.settle();
    return this.froms.map((from, at) => ({ from, to: this.tos[at] ?? from }));
  }

  /** What stands in any of several. */
  static union(all: readonly Places[]): Places {
    const union = new Places();
    const runs = all.flatMap((each) => each.runs()).toSorted((a, b) => a.from - b.from);
    for (const { from, to } of runs) union.append(from, to);
    return union;
  }

  private settle(): void {
    if (this.waiting.length === 0) return;
    const { froms, tos } = this;
    const fresh = Float64Array.from(this.waiting).sort();
    this.waiting = [];
    this.froms = [];
    this.tos = [];
    let at = 0;
    for (const offset of fresh) {
      for (; at < froms.length && (froms[at] ?? 0) <= offset; at++) this.append(froms[at] ?? 0, tos[at] ?? 0);
      this.append(offset, offset + 1);
    }
    for (; at < froms.length; at++) this.append(froms[at] ?? 0, tos[at] ?? 0);
  }

  /** A run that begins no earlier than the last one. */
  private append(from: number, to: number): void {
    const last = this.tos.length - 1;
    if (last >= 0 && from <= (this.tos[last] ?? 0)) this.tos[last] = Math.max(to, this.tos[last] ?? 0);
    else {
      this.froms.push(from);
      this.tos.push(to);
    }
  }
}
