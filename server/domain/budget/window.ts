import type { BudgetWindow } from '../contract/index.ts';

/**
 * A stretch of time in milliseconds since 1970, [fromMs, toMs). Spent is what was spent from its beginning until now;
 * of a calendar month the end lies ahead, of rolling days it is now.
 */
export type Span = { readonly fromMs: number; readonly toMs: number };

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The window that `nowMs` is in. Months begin and end in the time zone; so many days are so many times 24 hours. */
export function windowAt(window: BudgetWindow, timeZone: string, nowMs: number): Span {
  if (window.kind === 'rolling') return { fromMs: nowMs - window.days * DAY_MS, toMs: nowMs };
  const { year, month } = localDate(nowMs, timeZone);
  return {
    fromMs: firstOf(year, month, timeZone),
    toMs: month === 12 ? firstOf(year + 1, 1, timeZone) : firstOf(year, month + 1, timeZone),
  };
}

export const lengthOf = ({ fromMs, toMs }: Span): number => toMs - fromMs;

type LocalDate = { readonly year: number; readonly month: number };

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, made);
  return made;
}

function partsOf(ms: number, timeZone: string) {
  const found = new Map(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes) => found.get(type) ?? 0;
  return {
    year: of('year'),
    month: of('month'),
    asIfUtcMs: Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')),
  };
}

function localDate(ms: number, timeZone: string): LocalDate {
  return partsOf(ms, timeZone);
}

/**
 * The first instant of a month. A clock that is put forward at midnight has none that reads 00:00: the month begins
 * where the clock goes on. So the instant is looked for, and not computed from one offset.
 */
function firstOf(year: number, month: number, timeZone: string): number {
  const wanted = Date.UTC(year, month - 1, 1);
  const isBefore = (ms: number) => partsOf(ms, timeZone).asIfUtcMs < wanted;
  // No zone is further than 14 hours from UTC, so it lies between; local time may go back, but never over a month's end
  // and by more than the hours that are looked through.
  let low = (wanted - 15 * HOUR_MS) / MINUTE_MS;
  let high = (wanted + 15 * HOUR_MS) / MINUTE_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isBefore(middle * MINUTE_MS)) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}
