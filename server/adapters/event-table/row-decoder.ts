import type { ValueDecoder } from '../../application/ports/history.ts';
import { parseExactly } from '../exact-json.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes an event table's row. */
export const rowDecoder: ValueDecoder = {
  prepare: () => Promise.resolve(),
  decode: (record) => (record.value === null ? null : parseExactly(utf8.decode(record.value))),
};
