import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HistoryRecord, RecordBatch } from '../../domain/replay/index.ts';
import { RateLimit, sliceBatch } from './rate-limit.ts';

/** A clock that passes only while somebody waits. */
function waitingClock() {
  let nowMs = 1_000_000;
  return {
    now: () => new Date(nowMs),
    wait: async (ms: number) => {
      nowMs += ms;
    },
  };
}

it('so many records take at least the time that their rate asks for, and not much more', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2000 }),
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 }),
      async (rate, takes) => {
        const clock = waitingClock();
        const limit = new RateLimit(clock);
        limit.set(rate);
        const start = clock.now().getTime();
        for (const records of takes) await limit.take(records, new AbortController().signal);
        const spentMs = clock.now().getTime() - start;
        const records = takes.reduce((sum, each) => sum + each, 0);
        const last = takes.at(-1) ?? 0;
        // What was taken last may be owed still: it holds up whoever comes next.
        expect(spentMs).toBeGreaterThanOrEqual(((records - last) / rate) * 1000 - 1);
        expect(spentMs).toBeLessThanOrEqual((records / rate) * 1000 + 260 * takes.length + 1000);
      },
    ),
  );
});

it('without a rate nothing waits', async () => {
  const clock = waitingClock();
  const limit = new RateLimit(clock);
  await limit.take(1_000_000, new AbortController().signal);
  expect(clock.now().getTime()).toBe(1_000_000);
});

const recordAt = (offset: number): HistoryRecord => ({
  offset,
  timestampMs: 0,
  key: null,
  value: null,
  headers: null,
});

it('slices of a batch carry every record and every absence once, and end where the next begins', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gap: fc.integer({ min: 0, max: 2 }) }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 3 }),
      (steps, size, tail) => {
        const records: HistoryRecord[] = [];
        const absences: RecordBatch['absences'][number][] = [];
        let at = 0;
        for (const { gap } of steps) {
          if (gap > 0) absences.push({ from: at, to: at + gap, cause: 'aborted' });
          records.push(recordAt(at + gap));
          at += gap + 1;
        }
        if (tail > 0) absences.push({ from: at, to: at + tail, cause: 'control' });
        const batch = { partition: 0, records, absences, next: at + tail };
        const slices = [...sliceBatch(batch, size)];
        expect(slices.flatMap((slice) => slice.records)).toEqual(records);
        expect(slices.flatMap((slice) => slice.absences)).toEqual(absences);
        expect(slices.at(-1)?.next).toBe(batch.next);
        for (const slice of slices) {
          expect(slice.records.every((record) => record.offset < slice.next)).toBe(true);
          expect(slice.absences.every((absence) => absence.to <= slice.next)).toBe(true);
        }
      },
    ),
  );
});
