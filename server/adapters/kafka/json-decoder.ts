import { isUtf8 } from 'node:buffer';
import type { ValueDecoder } from '../../application/ports/history.ts';
import { SharedRecord } from '../../domain/replay/index.ts';
import { mayRound, parseAsMeant } from '../exact-json.ts';

/**
 * JSON in UTF-8, all of the bytes or those of `[from, to)`, with each number as it is meant. Throws a sentence for bytes
 * that are not UTF-8, and for text that is not JSON.
 */
export function parseJson(value: Uint8Array, from = 0, to = value.length): unknown {
  const bytes =
    value instanceof Buffer ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const text = bytes.toString('utf8', from, to);
  // Node turns what is not UTF-8 into U+FFFD without a word, and a fold would go on with an altered name.
  if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(from, to)))
    throw new Error('The value is not UTF-8.');
  try {
    return parseAsMeant(text);
  } catch {
    // Without the cause: V8 quotes the payload in its message.
    if (to - from >= 5 && bytes[from] === 0) {
      throw new Error(
        "The value is not JSON: it starts with the magic byte of a schema registry's format. The contract should name format registry().",
      );
    }
    throw new Error(to === from ? 'The value is empty, and JSON is not.' : 'The value is not JSON.');
  }
}

/** Whether a plain JSON.parse of these bytes would alter a number or a letter of them. */
export const wouldAlter = (bytes: Buffer): boolean => !isUtf8(bytes) || mayRound(bytes.toString('latin1'));

export const jsonDecoder: ValueDecoder = {
  prepare: async () => undefined,
  decode: (record) =>
    record instanceof SharedRecord && record.valueFrom >= 0
      ? parseJson(record.bytes, record.valueFrom, record.valueTo)
      : parseJson(record.value ?? new Uint8Array()),
};
