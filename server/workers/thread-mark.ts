import type { Progress, Standing, StuckRecords } from '../application/ports/progress.ts';

const textBytes = 400;
const beats = 0;
const partition = 1;
const textLength = 2;
const words = 4;

/**
 * Memory that a thread shares with the one that watches over it. It can be read whatever the thread does: one that
 * never comes back from a call answers no message. Layout: beats, partition (−1: none), length of the text, one
 * word unused; two offsets as doubles; the text, UTF-8.
 */
export class ThreadMark implements Progress {
  closeLook: Progress['closeLook'] = null;
  readonly memory: SharedArrayBuffer;
  private readonly integers: Int32Array;
  private readonly offsets: Float64Array;
  private readonly text: Uint8Array;
  private readonly encoder = new TextEncoder();

  constructor(memory = new SharedArrayBuffer(words * 4 + 2 * 8 + textBytes)) {
    this.memory = memory;
    this.integers = new Int32Array(memory, 0, words);
    this.offsets = new Float64Array(memory, words * 4, 2);
    this.text = new Uint8Array(memory, words * 4 + 2 * 8, textBytes);
    this.folded();
  }

  /** Says that the thread lives. Its number says nothing but that it has changed. */
  beat(): void {
    Atomics.add(this.integers, beats, 1);
  }

  get pulse(): number {
    return Atomics.load(this.integers, beats);
  }

  /** A job begins: it is nowhere yet. */
  begin(closeLook: Progress['closeLook']): void {
    this.closeLook = closeLook;
    this.folded();
    this.calling(null);
    this.beat();
  }

  folding(of: number, from: number, to: number): void {
    this.integers[partition] = of;
    this.offsets[0] = from;
    this.offsets[1] = to;
    this.beat();
  }

  folded(): void {
    this.integers[partition] = -1;
  }

  calling(what: string | null): void {
    this.integers[textLength] = what === null ? 0 : this.encoder.encodeInto(what, this.text).written;
  }

  /** What was written last; for a thread that stands still. */
  read(): Standing {
    const of = this.integers[partition] ?? -1;
    const [from = 0, to = 0] = this.offsets;
    const records: StuckRecords | null = of < 0 ? null : { partition: of, from, to };
    const length = this.integers[textLength] ?? 0;
    // A copy: text is not decoded from shared memory.
    const calling = length === 0 ? null : new TextDecoder().decode(this.text.slice(0, length));
    return { records, calling };
  }
}
