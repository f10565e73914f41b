const FIRST_PLACES = 1024;
const MOST_PLACES = 262_144;
const LONGEST = 64;

/**
 * Finds what belongs to a key by the key's bytes, without making its text. A cache and no table: of two keys that fall
 * on one place the later stays, and whoever is not found here is looked up by text. Only keys of ASCII are kept, of
 * which bytes and characters are the same numbers; others would be found by bytes that are not UTF-8.
 */
export class RecentKeys<T extends { readonly key: string }> {
  private places: (T | undefined)[] = noPlaces(FIRST_PLACES);

  /** What is kept for the key that stands in `bytes[from, to)`. */
  find(bytes: Uint8Array, from: number, to: number): T | undefined {
    const length = to - from;
    if (length > LONGEST) return undefined;
    let hash = length;
    for (let i = from; i < to; i++) hash = mix(hash, bytes[i] ?? 0);
    const found = this.places[this.placeOf(hash)];
    if (found === undefined) return undefined;
    const { key } = found;
    if (key.length !== length) return undefined;
    for (let i = 0; i < length; i++) if (key.charCodeAt(i) !== bytes[from + i]) return undefined;
    return found;
  }

  /** Keeps a new one. `all` are all that there are, this one among them, for when more places are needed. */
  keep(one: T, all: { readonly size: number; values(): Iterable<T> }): void {
    if (all.size > this.places.length / 2 && this.places.length < MOST_PLACES) {
      this.places = noPlaces(this.places.length * 4);
      for (const each of all.values()) this.put(each);
    } else this.put(one);
  }

  private put(one: T): void {
    const { key } = one;
    if (key.length > LONGEST) return;
    let hash = key.length;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      if (code > 127) return;
      hash = mix(hash, code);
    }
    this.places[this.placeOf(hash)] = one;
  }

  private placeOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.places.length - 1);
  }
}

const mix = (hash: number, byte: number) => Math.imul(hash ^ byte, 0x01000193);

const noPlaces = <T>(count: number) => new Array<T | undefined>(count).fill(undefined);
