import { compareKeys } from '../../domain/reconciliation/index.ts';

/** One key with what each side holds of it; undefined where a side has nothing. */
export type Joined<A, B> = {
  readonly key: string;
  readonly left: A | undefined;
  readonly right: B | undefined;
};

type Keyed = { readonly key: string };

/** Reads batches one row at a time. */
class Rows<Row extends Keyed> {
  private readonly batches: AsyncIterator<readonly Row[]>;
  private batch: readonly Row[] = [];
  private at = 0;

  constructor(batches: AsyncIterable<readonly Row[]>) {
    this.batches = batches[Symbol.asyncIterator]();
  }

  /** The next row without taking it, where it is already here; null: ask `fill` first. */
  get here(): Row | null {
    return this.batch[this.at] ?? null;
  }

  take(): void {
    this.at += 1;
  }

  /** Fetches until there is a row; false at the end. */
  async fill(): Promise<boolean> {
    while (this.at >= this.batch.length) {
      const { done, value } = await this.batches.next();
      if (done === true) return false;
      this.batch = value;
      this.at = 0;
    }
    return true;
  }

  async end(): Promise<void> {
    await this.batches.return?.();
  }
}

/**
 * Joins two streams that are sorted by key in byte order, each key at most once a side. Memory is one batch a
 * side; joined rows come in batches, so that the loop over them awaits once a batch and not once a row.
 */
export async function* mergeJoin<A extends Keyed, B extends Keyed>(
  left: AsyncIterable<readonly A[]>,
  right: AsyncIterable<readonly B[]>,
): AsyncGenerator<readonly Joined<A, B>[]> {
  const a = new Rows(left);
  const b = new Rows(right);
  try {
    for (;;) {
      const more = { a: a.here !== null || (await a.fill()), b: b.here !== null || (await b.fill()) };
      if (!more.a && !more.b) return;
      const joined: Joined<A, B>[] = [];
      while ((a.here !== null || !more.a) && (b.here !== null || !more.b)) {
        const next = joinOne(a.here, b.here);
        if (next === null) break;
        if (next.left !== undefined) a.take();
        if (next.right !== undefined) b.take();
        joined.push(next);
      }
      yield joined;
    }
  } finally {
    await a.end();
    await b.end();
  }
}

function joinOne<A extends Keyed, B extends Keyed>(left: A | null, right: B | null): Joined<A, B> | null {
  if (left === null) return right === null ? null : { key: right.key, left: undefined, right };
  if (right === null) return { key: left.key, left, right: undefined };
  const order = left.key === right.key ? 0 : compareKeys(left.key, right.key);
  if (order < 0) return { key: left.key, left, right: undefined };
  if (order > 0) return { key: right.key, left: undefined, right };
  return { key: left.key, left, right };
}
