import { canonicalJson } from '../shared/canonical-json.ts';

/** A part of a record that is not shown in full, as the record names it. Its whole is an attachment of that name. */
export type CutPart = {
  readonly of: string;
  /** Members of the whole, and how many of them the record shows. */
  readonly count: number;
  readonly shown: number;
  /** Of the whole, as canonical JSON in UTF-8. */
  readonly sha256: string;
  readonly bytes: number;
};

type Part = {
  readonly whole: () => unknown;
  readonly count: number;
  readonly shown: number;
  /** The length that a list in each of several members is shown up to; else the same as `shown`. */
  readonly most: number;
  readonly bytes: number;
};

const encoder = new TextEncoder();
export const utf8Bytes = (text: string): number => encoder.encode(text).length;

/**
 * How much of each part of a record is shown. A record is built with one of these, and built again with half of its
 * largest part for as long as it is too long; what a part shows is its beginning. Parts that are `dear` are taken
 * from once the others are a quarter of their size.
 */
export class Cuts {
  private readonly dear: ReadonlySet<string>;
  private readonly most: ReadonlyMap<string, number>;
  /** What was serialised for a record before this one: most parts are the same in both, and all wholes are. */
  private readonly done: { readonly sizes: Map<string, number>; readonly wholes: Map<string, string> };
  private readonly parts = new Map<string, Part>();

  constructor(
    dear: ReadonlySet<string>,
    most: ReadonlyMap<string, number> = new Map(),
    done: Cuts['done'] = { sizes: new Map(), wholes: new Map() },
  ) {
    this.dear = dear;
    this.most = most;
    this.done = done;
  }

  /** `whole` where a member's own lists are parts of their own, so that a member of the record is not the whole of it. */
  list<T>(name: string, members: readonly T[], whole: readonly unknown[] = members): readonly T[] {
    const shown = members.slice(0, this.most.get(name) ?? members.length);
    this.note(name, { whole: () => whole, count: members.length, shown: shown.length }, shown);
    return shown;
  }

  /** A list in each of several members, all shown up to the same length. */
  lists<T>(name: string, members: readonly (readonly T[])[], whole: unknown): readonly (readonly T[])[] {
    const longest = members.reduce((length, each) => Math.max(length, each.length), 0);
    const most = Math.min(this.most.get(name) ?? longest, longest);
    const shown = members.map((each) => each.slice(0, most));
    this.note(name, { whole: () => whole, count: sizeOf(members), shown: sizeOf(shown), most }, shown);
    return shown;
  }

  record<T>(name: string, whole: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
    const entries = Object.entries(whole);
    const shown = entries.slice(0, this.most.get(name) ?? entries.length);
    this.note(name, { whole: () => whole, count: entries.length, shown: shown.length }, shown);
    return Object.fromEntries(shown);
  }

  /** A value that is shown, or is not. */
  value<T>(name: string, whole: T | null): T | null {
    if (whole === null) return null;
    const shown = (this.most.get(name) ?? 1) > 0 ? whole : null;
    this.note(name, { whole: () => whole, count: 1, shown: shown === null ? 0 : 1 }, shown);
    return shown;
  }

  private note(
    name: string,
    part: Omit<Part, 'bytes' | 'most'> & { readonly most?: number },
    shown: unknown,
  ): void {
    // Lists in members are as many as their members are.
    const key = `${name} ${part.shown} ${Array.isArray(shown) ? shown.length : ''}`;
    const bytes = this.done.sizes.get(key) ?? utf8Bytes(canonicalJson(shown));
    this.done.sizes.set(key, bytes);
    this.parts.set(name, { most: part.shown, ...part, bytes });
  }

  /** What all parts take together. */
  get bytes(): number {
    let sum = 0;
    for (const part of this.parts.values()) sum += part.bytes;
    return sum;
  }

  /** Half as much of the part that takes the most room; null where nothing is left to take away. */
  less(): Cuts | null {
    let largest: { readonly name: string; readonly most: number; readonly weight: number } | null = null;
    for (const [name, { most, shown, bytes }] of this.parts) {
      const weight = this.dear.has(name) ? bytes / 4 : bytes;
      if (shown > 0 && (largest === null || weight > largest.weight)) largest = { name, most, weight };
    }
    if (largest === null) return null;
    const most = new Map([...this.most, [largest.name, Math.floor(largest.most / 2)] as const]);
    return new Cuts(this.dear, most, this.done);
  }

  /** The parts that are not shown in full, with their wholes as canonical JSON. */
  cut(): readonly {
    readonly of: string;
    readonly count: number;
    readonly shown: number;
    readonly text: string;
  }[] {
    return [...this.parts].flatMap(([of, { count, shown, whole }]) =>
      shown < count ? [{ of, count, shown, text: this.wholeText(of, whole) }] : [],
    );
  }

  private wholeText(name: string, whole: () => unknown): string {
    const text = this.done.wholes.get(name) ?? canonicalJson(whole());
    this.done.wholes.set(name, text);
    return text;
  }
}

const sizeOf = (lists: readonly (readonly unknown[])[]): number =>
  lists.reduce((sum, each) => sum + each.length, 0);
