import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BusinessCalendar, respondBy, respondByAfterChange } from './clocks.ts';

const utc: BusinessCalendar = { timeZone: 'UTC', holidays: [] };
const in_ = (timeZone: string, ...holidays: string[]): BusinessCalendar => ({ timeZone, holidays });
const at = (text: string) => new Date(text);

describe('by when somebody has to respond', () => {
  it.each([
    ['P1', '2026-11-26T23:50:00Z', '2026-11-27T00:05:00Z'],
    ['P2', '2026-11-28T23:50:00Z', '2026-11-29T00:50:00Z'],
    ['P3', '2026-11-28T22:00:00Z', '2026-11-29T02:00:00Z'],
  ] as const)('a %s runs around the clock', (incidentClass, from, by) => {
    expect(respondBy(incidentClass, at(from), utc)).toEqual(at(by));
  });

  it.each([
    ['a Monday: on Tuesday', utc, '2026-11-23T10:00:00Z', '2026-11-24T17:00:00Z'],
    ['a Monday after work: on Tuesday', utc, '2026-11-23T22:00:00Z', '2026-11-24T17:00:00Z'],
    ['a Friday: on Monday', utc, '2026-11-27T10:00:00Z', '2026-11-30T17:00:00Z'],
    ['a Saturday: on Monday', utc, '2026-11-28T10:00:00Z', '2026-11-30T17:00:00Z'],
    ['a Sunday: on Monday', utc, '2026-11-29T23:59:59Z', '2026-11-30T17:00:00Z'],
    ['the year’s last Thursday: on Friday', utc, '2026-12-31T10:00:00Z', '2027-01-01T17:00:00Z'],
    [
      'before holidays: after them',
      in_('UTC', '2026-12-25', '2026-12-28'),
      '2026-12-24T10:00:00Z',
      '2026-12-29T17:00:00Z',
    ],
    // 23:30 UTC on Sunday is Monday in Berlin.
    ['a Monday there: on Tuesday', in_('Europe/Berlin'), '2026-11-22T23:30:00Z', '2026-11-24T16:00:00Z'],
    // 03:00 UTC on Saturday is still Friday in New York.
    ['a Friday there: on Monday', in_('America/New_York'), '2026-11-28T03:00:00Z', '2026-11-30T22:00:00Z'],
    // Clocks go forward on 29 March 2026 in Berlin: 17:00 is 15:00 UTC afterwards, and was 16:00 before.
    ['before clocks go forward', in_('Europe/Berlin'), '2026-03-27T10:00:00Z', '2026-03-30T15:00:00Z'],
    ['before clocks go back', in_('Europe/Berlin'), '2026-10-23T10:00:00Z', '2026-10-26T16:00:00Z'],
    ['in the hour that there is twice', in_('Europe/Berlin'), '2026-10-25T00:30:00Z', '2026-10-26T16:00:00Z'],
    ['half an hour off', in_('Asia/Kolkata'), '2026-11-23T10:00:00Z', '2026-11-24T11:30:00Z'],
    ['far ahead', in_('Pacific/Kiritimati'), '2026-11-23T10:00:00Z', '2026-11-25T03:00:00Z'],
  ] as const)('a P4 found on %s', (_name, calendar, from, by) => {
    expect(respondBy('P4', at(from), calendar)).toEqual(at(by));
  });

  it('a P4 is always due at 17:00 there, on a working day, within five days, after it was found', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    fc.assert(
      fc.property(
        fc.date({ min: at('2026-01-01'), max: at('2030-01-01'), noInvalidDate: true }),
        fc.constantFrom(...zones),
        (from, timeZone) => {
          const by = respondBy('P4', from, in_(timeZone));
          const shown = new Intl.DateTimeFormat('en-GB', {
            timeZone,
            weekday: 'short',
            hour: '2-digit',
            minute: '2-digit',
          }).format(by);
          expect(shown).toMatch(/^(Mon|Tue|Wed|Thu|Fri),? 17:00$/);
          expect(by.getTime()).toBeGreaterThan(from.getTime());
          expect(by.getTime() - from.getTime()).toBeLessThan(5 * 86_400_000);
        },
      ),
    );
  });
});

describe('a class that changes', () => {
  const change = { openedAt: at('2026-11-26T10:00:00Z'), changedAt: at('2026-11-26T12:00:00Z') };
  it('to a more urgent one gives its time from now on', () => {
    const before = at('2026-11-26T14:00:00Z');
    expect(respondByAfterChange({ ...change, from: 'P3', to: 'P1', before }, utc)).toEqual(
      at('2026-11-26T12:15:00Z'),
    );
  });
  it('to a more urgent one makes nothing later', () => {
    const before = at('2026-11-26T12:01:00Z');
    expect(respondByAfterChange({ ...change, from: 'P3', to: 'P1', before }, utc)).toEqual(before);
  });
  it('to a less urgent one gives its time from the beginning', () => {
    const before = at('2026-11-26T10:15:00Z');
    expect(respondByAfterChange({ ...change, from: 'P1', to: 'P3', before }, utc)).toEqual(
      at('2026-11-26T14:00:00Z'),
    );
  });
});
