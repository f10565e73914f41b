import type { FieldDef } from 'pg';
import type { Scalar } from '../../domain/contract/index.ts';
import { exactNumberOrText } from '../exact-number.ts';

/** Type ids of PostgreSQL's catalog (pg_type.dat); they never change. */
const OID = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
};

/**
 * How a column's text becomes what it is compared as, by its type:
 * - integers and numeric: a number where JavaScript holds it exactly, else its exact decimal text without trailing
 *   zeros, so that two different amounts never compare as equal;
 * - real, double precision: the nearest number; NaN and the infinities as text;
 * - boolean: true or false;
 * - timestamptz: ISO 8601 in UTC as Date.prototype.toISOString writes it, with microseconds where there are some;
 *   timestamp: the same without `Z`;
 * - all else: PostgreSQL's text of it (date as `2026-03-01`, uuid, jsonb, enum).
 */
export function scalarOf(field: FieldDef): (text: string) => Scalar {
  switch (field.dataTypeID) {
    case OID.int2:
    case OID.int4:
      return Number;
    case OID.int8:
    case OID.numeric:
      return exactNumberOrText;
    case OID.float4:
    case OID.float8:
      return (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
    case OID.bool:
      return (text) => text === 't';
    case OID.timestamp:
    case OID.timestamptz:
      return isoTime;
    default:
      return (text) => text;
  }
}

const TIME = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(\+00)?$/;

function isoTime(text: string): string {
  const [, day, time, fraction = '', zone] = TIME.exec(text) ?? [];
  // 'infinity' and years before Christ have no ISO form that JavaScript would write: they stay as they are.
  if (day === undefined) return text;
  return `${day}T${time}.${fraction.padEnd(3, '0')}${zone === undefined ? '' : 'Z'}`;
}
