import { describe, expect, it } from 'vitest';
import { dayStart, isDay } from './days.ts';

describe('a day in an address or a field', () => {
  it.each([
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['1900-01-01', '1900-01-01T00:00:00.000Z'],
    ['2999-12-31', '2999-12-31T00:00:00.000Z'],
  ])('%s begins at %s', (day, start) => expect(dayStart(day)).toBe(start));

  it.each([
    '0002-11-20',
    '0000-01-01',
    '1899-12-31',
    '3000-01-01',
    '9999-12-31',
    '2026-02-30',
    '2026-11',
    'now',
    '',
  ])('is nothing that the server would refuse: %s', (day) => expect(dayStart(day)).toBeUndefined());

  it('has an end that can be asked by, the last of all too', () => {
    expect(dayStart('2026-12-31', 1)).toBe('2027-01-01T00:00:00.000Z');
    expect(dayStart('2999-12-31', 1)).toBe('2999-12-31T23:59:59.999Z');
  });

  it('may be of any year while it is typed', () => {
    expect(isDay('0002-11-20')).toBe(true);
    expect(isDay('0002-02-30')).toBe(false);
  });
});
