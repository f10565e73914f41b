import type { ValueDecoder } from '../../application/ports/history.ts';
import { exactNumberOrText } from '../exact-number.ts';

/** A run of digits that a double may not hold. */
const LONG_NUMBER = /[0-9][0-9.]{15}/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes an event table's row. A number that JavaScript can't hold exactly comes as its decimal text, so that
 * two amounts that differ in the database never become equal here.
 */
export const rowDecoder: ValueDecoder = {
  prepare: () => Promise.resolve(),
  decode: (record) => {
    if (record.value === null) return null;
    const text = utf8.decode(record.value);
    return LONG_NUMBER.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
  },
};

/** See https://tc39.es/proposal-json-parse-with-source: the source text of a primitive, before it was rounded. */
function exactly(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return /^-?[0-9.]+$/.test(context.source) ? exactNumberOrText(context.source) : value;
}
