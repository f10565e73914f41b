/**
 * Where an archive and its log overlap they must hold the same records: only then is the one the continuation of
 * the other, and not of some history that bears its name.
 */
import type { ComparedSeam, HistoryReader, ReadRange } from '../../application/ports/history.ts';
import type { AbsenceCause, HistoryRecord, HistoryState, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Archive } from './archive-reader.ts';
import { bytesOf } from './lines.ts';

type Entry = HistoryRecord | AbsenceCause | undefined;

/** So often a comparison begins anew because retention has removed what it was about to read. */
const TRIES = 5;

/**
 * Compares what archive and log both hold of a partition, or the part of it that `partOf` wants, from the log start
 * on as it is now: retention goes on meanwhile. Answers the whole of what both hold, and how many events were compared.
 */
export async function compareShared(
  archive: Archive,
  log: HistoryReader,
  partition: number,
  signal: AbortSignal,
  partOf: (both: ReadRange) => ReadRange = (both) => both,
): Promise<ComparedSeam> {
  for (let attempt = 1; ; attempt += 1) {
    const both = overlapOf(archive, await log.describe(), partition);
    const part = partOf(both);
    try {
      const { identity } = archive.history;
      const events = part.from < part.to ? await compareSeam(archive, log, part, identity, signal) : 0;
      return { ...both, events };
    } catch (error) {
      if (!isTruncated(error) || attempt >= TRIES) throw error;
    }
  }
}

export const isTruncated = (error: unknown): boolean =>
  error instanceof RepriseError && error.code === 'history-truncated';

/** What archive and log both hold, from the log start on. Empty where they only meet. */
function overlapOf(archive: Archive, state: HistoryState, partition: number): ReadRange {
  const from = startOf(state, partition);
  const lastStable = BigInt(state.partitions.find((p) => p.partition === partition)?.lastStable ?? 0);
  const to = archive.reachOf(partition)?.to ?? from;
  if (to > lastStable) {
    throw broken(archive, partition, lastStable, 'the log ends and the archive goes on');
  }
  return { partition, from, to };
}

export function startOf(state: HistoryState, partition: number): bigint {
  return BigInt(state.partitions.find((p) => p.partition === partition)?.logStart ?? 0);
}

/**
 * Compares `range`, which both hold, offset by offset, and throws archive-seam-broken at the first difference. Of
 * either side one batch is held at a time, however long the range is. Answers how many records both sides had.
 */
async function compareSeam(
  archive: Archive,
  log: HistoryReader,
  range: ReadRange,
  identity: string,
  signal: AbortSignal,
): Promise<number> {
  const batches = archive.batches(range, signal);
  const archived = entriesOf(batches);
  let offset = Number(range.from);
  const end = Number(range.to);
  let events = 0;
  const compareUpTo = async (next: number, logged: (at: number) => Entry) => {
    for (; offset < Math.min(next, end); offset += 1) {
      const held = archived.ready(offset) ? archived.at(offset) : await archived.reach(offset);
      const here = logged(offset);
      const difference = differenceOf(held, here);
      if (difference !== null) throw broken(archive, range.partition, offset, difference);
      if (isRecord(held) && isRecord(here)) events += 1;
    }
  };
  try {
    const options = { identity, visibleBefore: archive.history.visibleBefore, signal };
    await log.read([range], options, (batch) => compareUpTo(batch.next, lookIn(batch)));
    await compareUpTo(end, () => undefined);
    return events;
  } finally {
    await batches.return(undefined);
  }
}

/** The entries of a side that is asked for offset after offset. */
function entriesOf(batches: AsyncIterator<RecordBatch>) {
  let next = 0;
  let at: (offset: number) => Entry = () => undefined;
  const ready = (offset: number) => offset < next;
  return {
    ready,
    at: (offset: number) => at(offset),
    async reach(offset: number): Promise<Entry> {
      while (!ready(offset)) {
        const { value, done } = await batches.next();
        if (done) return undefined;
        next = value.next;
        at = lookIn(value);
      }
      return at(offset);
    },
  };
}

function lookIn({ records, absences }: RecordBatch): (offset: number) => Entry {
  const byOffset = new Map(records.map((record) => [record.offset, record]));
  return (offset) =>
    byOffset.get(offset) ?? absences.find((absence) => offset >= absence.from && offset < absence.to)?.cause;
}

function broken(
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
