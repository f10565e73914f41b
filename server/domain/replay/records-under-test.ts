import { type HistoryRecord, SharedRecord } from './record.ts';

/** The same records as they lie in a broker's answer: one after the other in memory that all share. For tests. */
export function laidOut(records: readonly HistoryRecord[], gap = 3): SharedRecord[] {
  const size = (bytes: Uint8Array | null) => bytes?.length ?? 0;
  const whole = records.reduce((sum, { key, value }) => sum + gap + size(key) + size(value), gap);
  // In the middle of something larger, and with what is no part of any record between them.
  const memory = new Uint8Array(new ArrayBuffer(whole + 16), 7, whole).fill(0xee);
  let at = gap;
  const put = (bytes: Uint8Array | null): readonly [number, number] => {
    if (bytes === null) return [-1, -1];
    memory.set(bytes, at);
    at += bytes.length;
    return [at - bytes.length, at];
  };
  return records.map((record) => {
    const [keyFrom, keyTo] = put(record.key);
    const [valueFrom, valueTo] = put(record.value);
    at += gap;
    const { offset, timestampMs, headers } = record;
    return new SharedRecord(offset, timestampMs, memory, keyFrom, keyTo, valueFrom, valueTo, headers);
  });
}
