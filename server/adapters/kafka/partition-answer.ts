import type { Absence, AbsenceCause, RecordBatch, SharedRecord } from '../../domain/replay/index.ts';
import type { Hole } from './hole.ts';
import {
  type Frame,
  isAbortMarker,
  isControl,
  isTransactional,
  producerId,
  readFrame,
} from './record-batch.ts';

export type AbortedTransaction = { readonly producerId: bigint; readonly firstOffset: number };

/** One partition of a fetch answer, cut into whole batches. */
export type PartitionAnswer = {
  readonly partition: number;
  readonly frames: readonly Frame[];
  readonly aborted: readonly AbortedTransaction[];
};

/**
 * A batch is handed on when it holds so many records, or so many bytes of keys and values. Few, so that they are dead
 * before the garbage collector looks: 8192 cost a third of the time of a fold, and 80 MB.
 */
const handOnRecords = 512;
const handOnBytes = 4 << 20;

/**
 * Turns an answer into record batches over `[from, to)`, in which every offset up to `next` is either a record or
 * part of an absence. `hole` is why an offset can be in no batch at all: compaction, where the topic is compacted.
 */
export function* toRecordBatches(
  answer: PartitionAnswer,
  from: number,
  to: number,
  hole: Hole,
): Generator<RecordBatch> {
  const aborted = new AbortedProducers(answer.aborted);
  let assembly = new Assembly(answer.partition, from, to, hole);
  for (const frame of answer.frames) {
    // Also of batches outside of the range: what they abort or end reaches into it.
    const cause = aborted.causeOf(frame);
    if (frame.last < assembly.next) continue;
    if (frame.base >= to) {
      assembly.skipTo(to);
      break;
    }
    assembly.skipTo(frame.base);
    if (cause === null) readFrame(frame, (record) => assembly.add(record));
    else assembly.absent(frame.last + 1, cause);
    assembly.skipTo(frame.last + 1);
    if (assembly.isFull()) {
      yield assembly.batch();
      assembly = new Assembly(answer.partition, assembly.next, to, hole);
    }
  }
  if (assembly.hasMoved()) yield assembly.batch();
}

/**
 * Which batches belong to aborted transactions. The broker names them by producer and first offset, in no order;
 * an abort marker ends the one of its producer (Java's CompletedFetch does the same).
 */
class AbortedProducers {
  private readonly waiting: AbortedTransaction[];
  private readonly open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.waiting = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  causeOf(frame: Frame): 'control' | 'aborted' | null {
    for (
      let first = this.waiting.at(-1);
      first && first.firstOffset <= frame.last;
      first = this.waiting.at(-1)
    ) {
      this.open.add(first.producerId);
      this.waiting.pop();
    }
    if (isControl(frame)) {
      if (this.open.size > 0 && isAbortMarker(frame)) this.open.delete(producerId(frame));
      return 'control';
    }
    return this.open.size > 0 && isTransactional(frame) && this.open.has(producerId(frame))
      ? 'aborted'
      : null;
  }
}

class Assembly {
  next: number;
  private readonly start: number;
  private readonly partition: number;
  private readonly to: number;
  private readonly hole: AbsenceCause;
  private readonly records: SharedRecord[] = [];
  private readonly absences: Absence[] = [];
  private bytes = 0;

  constructor(partition: number, from: number, to: number, hole: AbsenceCause) {
    this.partition = partition;
    this.start = from;
    this.next = from;
    this.to = to;
    this.hole = hole;
  }

  add(record: SharedRecord): void {
    const { offset } = record;
    if (offset < this.next || offset >= this.to) return;
    if (offset > this.next) this.skipTo(offset);
    this.records.push(record);
    this.bytes += record.size;
    this.next = offset + 1;
  }

  /** Offsets that no batch holds. */
  skipTo(offset: number): void {
    this.absent(offset, this.hole);
  }

  absent(until: number, cause: AbsenceCause): void {
    const to = Math.min(until, this.to);
    if (to <= this.next) return;
    const before = this.absences.at(-1);
    if (before?.cause === cause && before.to === this.next) this.absences.pop();
    const from = before?.cause === cause && before.to === this.next ? before.from : this.next;
    this.absences.push({ from, to, cause });
    this.next = to;
  }

  isFull(): boolean {
    return this.records.length >= handOnRecords || this.bytes >= handOnBytes;
  }

  hasMoved(): boolean {
    return this.next > this.start;
  }

  batch(): RecordBatch {
    return { partition: this.partition, records: this.records, absences: this.absences, next: this.next };
  }
}
