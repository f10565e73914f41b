import { counted } from '../../domain/shared/counted.ts';

/** More of one kind are counted and not named. */
export const NAMED = 5;

/** What was found of one kind: the first few by name, and how many there are. However many, they take no memory. */
export class Found {
  readonly #first: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The first few, and how many more. */
  get named(): readonly string[] {
    const more = this.#count - this.#first.length;
    return more === 0 ? this.#first : [...this.#first, `And ${counted(more, 'other')} of that kind.`];
  }

  add(...sentences: readonly string[]): void {
    for (const sentence of sentences) if (this.#first.length < NAMED) this.#first.push(sentence);
    this.#count += sentences.length;
  }

  join(other: Found): void {
    this.#first.push(...other.#first.slice(0, NAMED - this.#first.length));
    this.#count += other.#count;
  }

  /** So many that are not named. */
  addUnnamed(count: number): void {
    this.#count += count;
  }
}
