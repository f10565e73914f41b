/**
 * Where an archive and its log overlap they must hold the same records: only then is the one the continuation of
 * the other, and not of some history that bears its name.
 */
import type { HistoryReader, ReadRange } from '../../application/ports/history.ts';
import type { AbsenceCause, HistoryRecord, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Archive } from './archive-reader.ts';
import { bytesOf } from './lines.ts';

type Offsets = Map<number, HistoryRecord | AbsenceCause>;

/** Compares `range`, which both hold, offset by offset. Throws archive-seam-broken at the first difference. */
export async function compareSeam(
  archive: Archive,
  log: HistoryReader,
  range: ReadRange,
  identity: string,
  signal: AbortSignal,
): Promise<void> {
  const archived: Offsets = new Map();
  await archive.read(range, signal, async (batch) => collect(archived, batch, range));
  const logged: Offsets = new Map();
  await log.read([range], { identity, visibleBefore: archive.history.visibleBefore, signal }, async (batch) =>
    collect(logged, batch, range),
  );
  for (let offset = Number(range.from); offset < Number(range.to); offset += 1) {
    const difference = differenceOf(archived.get(offset), logged.get(offset));
    if (difference !== null) throw broken(archive, range.partition, offset, difference);
  }
}

export function broken(
  archive: Archive,
  partition: number,
  offset: number | bigint,
  difference: string,
): RepriseError {
  const place = `${archive.history.name}/${partition}@${offset}`;
  return new RepriseError(
    'archive-seam-broken',
    `Archive ${archive.name} does not continue into its log: at ${place} ${difference}. One of them has been changed; replay neither across this seam until it is known which.`,
    { where: place },
  );
}

function collect(into: Offsets, batch: RecordBatch, range: ReadRange): void {
  for (const record of batch.records) into.set(record.offset, record);
  for (const { from, to, cause } of batch.absences) {
    const end = Math.min(to, Number(range.to));
    for (let offset = Math.max(from, Number(range.from)); offset < end; offset += 1) into.set(offset, cause);
  }
}

type Entry = HistoryRecord | AbsenceCause | undefined;
const isRecord = (entry: Entry): entry is HistoryRecord => typeof entry === 'object';

function differenceOf(archived: Entry, logged: Entry): string | null {
  if (isRecord(archived) && isRecord(logged)) return differenceOfRecords(archived, logged);
  if (isRecord(logged)) return 'the log has a record and the archive has none';
  // What compaction has removed since is no contradiction; everything else is.
  if (isRecord(archived) && logged !== 'compacted') return 'the archive has a record and the log has none';
  return null;
}

/** Which part of two records is not the same, byte for byte; null where all are. */
export function differenceOfRecords(a: HistoryRecord, b: HistoryRecord): string | null {
  if (a.timestampMs !== b.timestampMs) return 'their timestamps differ';
  if (!isSame(a.key, b.key)) return 'their keys differ';
  if (!isSame(a.value, b.value)) return 'their values differ';
  const names = new Set([...Object.keys(a.headers ?? {}), ...Object.keys(b.headers ?? {})]);
  for (const name of names) {
    if (!isSame(headerOf(a, name), headerOf(b, name))) return `their headers ${name} differ`;
  }
  return null;
}

function headerOf(record: HistoryRecord, name: string): Uint8Array | null {
  const value =
    record.headers !== null && Object.hasOwn(record.headers, name) ? record.headers[name] : undefined;
  return value === undefined ? null : bytesOf(value);
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
