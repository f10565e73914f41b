import type { IncidentClass } from '../contract/index.ts';
import { isMoreUrgent } from './classes.ts';

/** When people are at work: what "next business day" means. */
export type BusinessCalendar = {
  /** IANA name. */
  readonly timeZone: string;
  /** Days of that zone, `2026-12-25`, on which nobody is. Saturdays and Sundays are none either. */
  readonly holidays: readonly string[];
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The end of a business day, on the clock of its zone. */
const CLOSING_HOUR = 17;

const withinMs: Readonly<Record<Exclude<IncidentClass, 'P4'>, number>> = {
  P1: 15 * MINUTE_MS,
  P2: 60 * MINUTE_MS,
  P3: 4 * 60 * MINUTE_MS,
};

/**
 * By when somebody has to have acknowledged what was found at `from`: P1 within 15 minutes, P2 within an hour, P3
 * within four, around the clock; P4 until 17:00 of the next business day of the calendar's zone.
 */
export function respondBy(incidentClass: IncidentClass, from: Date, calendar: BusinessCalendar): Date {
  if (incidentClass === 'P4') return endOfNextBusinessDay(from, calendar);
  return new Date(from.getTime() + withinMs[incidentClass]);
}

/**
 * By when, once the class has changed: one that is more urgent gives its own time from now on, and never later than it
 * was before; one that is less gives its own from the beginning.
 */
export function respondByAfterChange(
  change: {
    readonly from: IncidentClass;
    readonly to: IncidentClass;
    readonly openedAt: Date;
    readonly changedAt: Date;
    readonly before: Date;
  },
  calendar: BusinessCalendar,
): Date {
  if (!isMoreUrgent(change.to, change.from)) return respondBy(change.to, change.openedAt, calendar);
  const anew = respondBy(change.to, change.changedAt, calendar);
  return anew.getTime() < change.before.getTime() ? anew : change.before;
}

function endOfNextBusinessDay(from: Date, calendar: BusinessCalendar): Date {
  const holidays = new Set(calendar.holidays);
  // Days are counted as such, so that one of 23 or 25 hours is one.
  let day = dayIn(from, calendar.timeZone);
  do day += DAY_MS;
  while (isWeekend(day) || holidays.has(new Date(day).toISOString().slice(0, 10)));
  return instantOf(day + CLOSING_HOUR * 60 * MINUTE_MS, calendar.timeZone);
}

/** Midnight UTC of the date that it is there. */
function dayIn(at: Date, timeZone: string): number {
  const wall = at.getTime() + offsetMs(at.getTime(), timeZone);
  return wall - (((wall % DAY_MS) + DAY_MS) % DAY_MS);
}

function isWeekend(day: number): boolean {
  const weekday = new Date(day).getUTCDay();
  return weekday === 0 || weekday === 6;
}

/** The instant at which clocks of the zone show this; asked twice, because the first guess may be across a change of time. */
function instantOf(wall: number, timeZone: string): Date {
  const guess = wall - offsetMs(wall, timeZone);
  return new Date(wall - offsetMs(guess, timeZone));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC then. */
function offsetMs(at: number, timeZone: string): number {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(at / 1000) * 1000;
}
