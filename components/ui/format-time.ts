/** The one date format of the pages, and the words for how long ago something was. */
export type TimeZone = 'utc' | 'local';

const parts: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'longOffset',
};

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string | undefined): Intl.DateTimeFormat {
  const key = zone ?? '';
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', { ...parts, ...(zone ? { timeZone: zone } : {}) });
  formats.set(key, made);
  return made;
}

/**
 * `2026-03-14 09:26:53 UTC`, or in a zone `2026-03-14 10:26:53 UTC+01:00`: the offset and not an abbreviation,
 * because abbreviations are ambiguous. `zoneName` is an IANA name; `local` without one is the machine's own.
 */
export function formatInstant(epochMs: number, zone: TimeZone, zoneName?: string): string {
  const found = new Map(
    formatOf(zone === 'utc' ? 'UTC' : zoneName)
      .formatToParts(epochMs)
      .map((part) => [part.type, part.value]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes) => found.get(type) ?? '';
  // ICU versions differ on whether zero is written: server and browser must print the same text.
  const offset = of('timeZoneName').replace('GMT', 'UTC').replace('+00:00', '');
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}:${of('second')} ${offset}`;
}

/** Only the time of day, for lists whose day is already said: `09:26:53`. */
export function formatTimeOfDay(epochMs: number, zone: TimeZone, zoneName?: string): string {
  return formatInstant(epochMs, zone, zoneName).slice(11, 19);
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `12 s ago`, `in 4 min`, `3 d ago`: always one unit, rounded down, so that it never claims to be older than it is. */
export function formatRelative(epochMs: number, nowMs: number): string {
  const age = nowMs - epochMs;
  const size = Math.abs(age);
  if (size < second) return 'now';
  const text = unitOf(size);
  return age > 0 ? `${text} ago` : `in ${text}`;
}

function unitOf(size: number): string {
  if (size < minute) return `${Math.floor(size / second)} s`;
  if (size < hour) return `${Math.floor(size / minute)} min`;
  if (size < 2 * day) return `${Math.floor(size / hour)} h`;
  if (size < 60 * day) return `${Math.floor(size / day)} d`;
  if (size < 730 * day) return `${Math.floor(size / (30 * day))} mo`;
  return `${Math.floor(size / (365 * day))} y`;
}

/** A date, an ISO text or milliseconds as milliseconds; null where it is no time. */
export function toEpochMs(value: Date | string | number): number | null {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Date.parse(value);
  return Number.isFinite(ms) ? ms : null;
}
