import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, lengthOf, windowAt } from './window.ts';

const month = { kind: 'calendar-month' } as const;
const at = (iso: string) => Date.parse(iso);
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Africa/Cairo',
];

describe('a calendar month', () => {
  it.each([
    ['UTC', '2026-02-14T12:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['UTC', '2028-02-29T23:59:59Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['UTC', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    // The clock goes forward within March, and back within October.
    ['Europe/Berlin', '2026-03-15T00:00:00Z', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'],
    ['Europe/Berlin', '2026-10-15T00:00:00Z', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'],
    // In November there, and still in October in New York.
    ['America/New_York', '2026-11-01T03:30:00Z', '2026-10-01T04:00:00Z', '2026-11-01T04:00:00Z'],
    ['Asia/Kathmandu', '2026-05-31T18:15:00Z', '2026-05-31T18:15:00Z', '2026-06-30T18:15:00Z'],
    // Two hours were left out at the turn of a month: the first of it began at 00:00 all the same.
    ['Pacific/Kiritimati', '2026-07-01T00:00:00Z', '2026-06-30T10:00:00Z', '2026-07-31T10:00:00Z'],
    // The clock was put forward at midnight of the first of April: the month began at 01:00.
    ['Asia/Amman', '2011-04-15T00:00:00Z', '2011-03-31T22:00:00Z', '2011-04-30T21:00:00Z'],
  ])('of %s at %s begins at %s and ends at %s', (zone, now, from, to) => {
    const window = windowAt(month, zone, at(now));
    expect([window.fromMs, window.toMs].map((ms) => new Date(ms).toISOString())).toEqual([
      new Date(from).toISOString(),
      new Date(to).toISOString(),
    ]);
  });

  it('is as long as it is: an hour less and an hour more where the clock changes', () => {
    const lengths = ['2026-02-10', '2026-03-10', '2026-04-10', '2026-10-10'].map(
      (day) => lengthOf(windowAt(month, 'Europe/Berlin', at(`${day}T00:00:00Z`))) / HOUR_MS,
    );
    expect(lengths).toEqual([28 * 24, 31 * 24 - 1, 30 * 24, 31 * 24 + 1]);
  });

  it('holds the instant that it is asked for, and the next begins where it ends', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') }),
        (zone, now) => {
          const window = windowAt(month, zone, now);
          expect(now).toBeGreaterThanOrEqual(window.fromMs);
          expect(now).toBeLessThan(window.toMs);
          expect(windowAt(month, zone, window.toMs).fromMs).toBe(window.toMs);
          expect(windowAt(month, zone, window.toMs - 1)).toEqual(window);
          expect(windowAt(month, zone, window.fromMs)).toEqual(window);
        },
      ),
      { numRuns: 100 },
    );
  });
});

it('rolling days are so many times 24 hours up to now, whatever clocks do', () => {
  const now = at('2026-03-30T12:00:00Z');
  const window = windowAt({ kind: 'rolling', days: 7 }, 'Europe/Berlin', now);
  expect(window).toEqual({ fromMs: now - 7 * DAY_MS, toMs: now });
});
