import { askableYears, isAskable, lastAskable } from '@/server/domain/shared/moments.ts';

/** Whether the calendar has this day: of any year, since a field holds year 2 while 2026 is being typed. */
export function isDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const at = Date.parse(`${day}T00:00:00Z`);
  // Of the 30th of February a browser makes the 2nd of March.
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day;
}

/** A day as the start of it in UTC, or of one so many days later; undefined for what nobody can ask by. */
export function dayStart(day: string, plusDays = 0): string | undefined {
  if (!isDay(day)) return undefined;
  const at = Date.parse(`${day}T00:00:00Z`);
  // Of the last day the one after it can't be asked by: its own end serves.
  return isAskable(at)
    ? new Date(Math.min(at + plusDays * 86_400_000, lastAskable)).toISOString()
    : undefined;
}

/** Why the day of a filter is left out; null where there is none, or it is asked by. */
export function whyNoDay(label: string, day: string): string | null {
  if (day === '' || dayStart(day) !== undefined) return null;
  const why = isDay(day) ? `not ${askableYears}` : 'no day such as 2026-03-14';
  return `${label} “${day.slice(0, 40)}” is ${why}, so it is left out.`;
}
