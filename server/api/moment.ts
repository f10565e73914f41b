import { z } from 'zod';

const first = Date.parse('1900-01-01T00:00:00Z');
const last = Date.parse('2999-12-31T23:59:59.999Z');

/** A time that somebody asks by, ISO 8601. At the ends of the calendar an offset leads past what a database can hold. */
export const moment = z.iso.datetime({ offset: true }).refine((text) => {
  const at = Date.parse(text);
  return at >= first && at <= last;
}, 'Name a time between the years 1900 and 2999.');
