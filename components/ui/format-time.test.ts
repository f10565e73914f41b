import { describe, expect, it } from 'vitest';
import { formatInstant, formatRelative, formatTimeOfDay, toEpochMs } from './format-time.ts';

const instant = Date.UTC(2026, 2, 14, 9, 26, 53);

describe('instants', () => {
  it('are printed in one format that names its zone', () => {
    expect(formatInstant(instant, 'utc')).toBe('2026-03-14 09:26:53 UTC');
    expect(formatInstant(instant, 'local', 'Europe/Berlin')).toBe('2026-03-14 10:26:53 UTC+01:00');
    expect(formatInstant(instant, 'local', 'Asia/Kolkata')).toBe('2026-03-14 14:56:53 UTC+05:30');
    expect(formatTimeOfDay(instant, 'utc')).toBe('09:26:53');
  });

  it('keep midnight as 00 and not as 24', () => {
    expect(formatInstant(Date.UTC(2026, 0, 1), 'utc')).toBe('2026-01-01 00:00:00 UTC');
  });

  it.each([
    [0, 'now'],
    [12_900, '12 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [47 * 3_600_000, '47 h ago'],
    [48 * 3_600_000, '2 d ago'],
    [-240_000, 'in 4 min'],
  ])('that are %i ms old read as %s', (age, text) => {
    expect(formatRelative(instant, instant + age)).toBe(text);
  });

  it('that are no time give null', () => {
    expect(toEpochMs('yesterday')).toBeNull();
    expect(toEpochMs('2026-03-14T09:26:53Z')).toBe(instant);
    expect(toEpochMs(new Date(instant))).toBe(instant);
  });
});
