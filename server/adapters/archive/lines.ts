/** One line of a segment: a record with its bytes in base64, or a range of offsets that holds none and why. */
import { type Absence, absenceCauses, type HistoryRecord } from '../../domain/replay/index.ts';

export type Line = { readonly record: HistoryRecord } | { readonly absence: Absence };

/** The offsets `[start, end)` that a line is about. */
export function spanOf(line: Line): readonly [start: number, end: number] {
  if ('record' in line) return [line.record.offset, line.record.offset + 1];
  return [line.absence.from, line.absence.to];
}

export function writeRecord(record: HistoryRecord): string {
  const { offset, timestampMs, key, value } = record;
  const headers = record.headers === null ? 'null' : writeHeaders(record.headers);
  return `{"offset":"${offset}","timestampMs":${timestampMs},"key":${toBase64(key)},"value":${toBase64(value)},"headers":${headers}}\n`;
}

export function writeAbsence({ from, to, cause }: Absence): string {
  return `{"absent":{"from":"${from}","to":"${to}","cause":"${cause}"}}\n`;
}

function writeHeaders(headers: NonNullable<HistoryRecord['headers']>): string {
  const fields = Object.entries(headers).map(
    ([name, value]) => `${JSON.stringify(name)}:${toBase64(value === undefined ? null : bytesOf(value))}`,
  );
  return `{${fields.join(',')}}`;
}

export const bytesOf = (value: Uint8Array | string): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value) : value;

function toBase64(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`;
}

/** Reads a line back. Throws an Error that says what is wrong with it: an archive is a file that anybody can have changed. */
export function readLine(text: string): Line {
  const line = objectOf(JSON.parse(text), 'the line');
  if ('absent' in line) {
    const absent = objectOf(line.absent, 'absent');
    const cause = absenceCauses.find((name) => name === absent.cause);
    if (cause === undefined) throw new Error(`unknown cause ${String(absent.cause)}`);
    const absence = { from: offsetOf(absent.from), to: offsetOf(absent.to), cause };
    if (absence.from >= absence.to) throw new Error('an absence that is empty');
    return { absence };
  }
  const { timestampMs } = line;
  if (typeof timestampMs !== 'number' || !Number.isSafeInteger(timestampMs)) {
    throw new Error('timestampMs is not a whole number');
  }
  return {
    record: {
      offset: offsetOf(line.offset),
      timestampMs,
      key: fromBase64(line.key, 'key'),
      value: fromBase64(line.value, 'value'),
      headers: line.headers === null ? null : readHeaders(line.headers),
    },
  };
}

function readHeaders(value: unknown): NonNullable<HistoryRecord['headers']> {
  // Defined and not assigned: a header may be called __proto__.
  return Object.fromEntries(
    Object.entries(objectOf(value, 'headers')).map(([name, bytes]) => [
      name,
      fromBase64(bytes, `header ${name}`) ?? undefined,
    ]),
  );
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

function offsetOf(value: unknown): number {
  const offset = typeof value === 'string' && /^(0|[1-9][0-9]*)$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(offset)) throw new Error(`${JSON.stringify(value)} is no offset`);
  return offset;
}

/** Node passes over characters that are no base64, which shows in the length of what comes out. */
function fromBase64(value: unknown, what: string): Uint8Array | null {
  if (value === null) return null;
  if (typeof value !== 'string') throw new Error(`${what} is no text`);
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(value, 'base64');
  if (value.length % 4 !== 0 || bytes.length !== (value.length / 4) * 3 - padding) {
    throw new Error(`${what} is not base64`);
  }
  return bytes;
}
