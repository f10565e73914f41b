import type { RecordBatch } from '../../domain/replay/index.ts';
import type { Clock } from '../ports/clock.ts';

/**
 * Holds a fold back to so many records a second. The rate may change while it waits; null lets everything pass.
 * A second's worth may be taken at once after a pause, and no more.
 */
export class RateLimit {
  private ratePerSecond: number | null = null;
  private allowance = 0;
  private lastMs: number;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
    this.lastMs = clock.now().getTime();
  }

  set(ratePerSecond: number | null): void {
    if (ratePerSecond === this.ratePerSecond) return;
    this.ratePerSecond = ratePerSecond;
    this.lastMs = this.clock.now().getTime();
    this.allowance = 0;
  }

  /** How many records to take in one go, so that progress and pausing stay smooth; null: any number. */
  get slice(): number | null {
    return this.ratePerSecond === null ? null : Math.max(1, Math.floor(this.ratePerSecond / 5));
  }

  async take(records: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const rate = this.ratePerSecond;
      if (rate === null || records === 0) return;
      const nowMs = this.clock.now().getTime();
      this.allowance = Math.min(rate, this.allowance + ((nowMs - this.lastMs) * rate) / 1000);
      this.lastMs = nowMs;
      // One record more than the allowance may pass when it is full, or a rate below 1 would never let any through.
      if (this.allowance >= Math.min(records, rate)) {
        this.allowance -= records;
        return;
      }
      const missing = Math.min(records, rate) - this.allowance;
      await this.clock.wait(Math.min(250, Math.max(5, (missing / rate) * 1000)), signal);
    }
  }
}

/** Cuts a batch into batches of at most `size` records; absences stay before the record that follows them. */
export function* sliceBatch(batch: RecordBatch, size: number | null): Generator<RecordBatch> {
  if (size === null || batch.records.length <= size) {
    yield batch;
    return;
  }
  let absence = 0;
  for (let start = 0; start < batch.records.length; start += size) {
    const records = batch.records.slice(start, start + size);
    const next = batch.records[start + size]?.offset ?? batch.next;
    const absences = [];
    for (; absence < batch.absences.length; absence++) {
      const range = batch.absences[absence];
      if (range === undefined || range.from >= next) break;
      absences.push(range);
    }
    yield { partition: batch.partition, records, absences, next };
  }
}
