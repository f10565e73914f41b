import type {
  ArchiveReach,
  HistoryReader,
  ReadinessCheck,
  ReadOptions,
  ReadRange,
} from '../../application/ports/history.ts';
import type { Absence, HistoryRecord, HistoryState, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import { passed } from '../checks.ts';
import {
  absentIn,
  folderOf,
  invalid,
  type Manifest,
  reachOf,
  readManifest,
  type Segment,
} from './manifest.ts';
import { readSegment, verifyFile } from './segment-reader.ts';

/** An archive that is open for reading. Its segments are verified before their first record is delivered. */
export type Archive = {
  readonly name: string;
  readonly history: Manifest['history'];
  readonly reach: readonly ArchiveReach[];
  reachOf(partition: number): ArchiveReach | null;
  /** A range that the archive holds whole, batch by batch. */
  batches(range: ReadRange, signal?: AbortSignal): AsyncGenerator<RecordBatch>;
  /** Delivers such a range. */
  read(range: ReadRange, signal: AbortSignal, onBatch: (batch: RecordBatch) => Promise<void>): Promise<void>;
  /** The first offset of a record at or after an instant; null where the archive holds none. */
  firstAt(partition: number, instantMs: number): Promise<bigint | null>;
  checkWhole(): Promise<ReadinessCheck>;
};

/** Opens an archive. Throws archive-invalid where there is none, or its manifest is not one. */
export async function openArchive(dir: string, name: string): Promise<Archive> {
  const folder = folderOf(dir, name);
  const manifest = await readManifest(folder);
  if (manifest === null) throw invalid(folder, null, 'there is no archive');
  const reach = reachOf(manifest);
  const verified = new Set<string>();
  const verify = async (segment: Segment, signal?: AbortSignal) => {
    if (verified.has(segment.file)) return;
    await verifyFile(folder, segment, signal);
    verified.add(segment.file);
  };
  const { kind } = manifest.history;
  const segmentsOf = ({ partition, from, to }: ReadRange) =>
    manifest.segments.filter((s) => s.partition === partition && BigInt(s.from) < to && BigInt(s.to) > from);

  async function* batches(range: ReadRange, signal?: AbortSignal): AsyncGenerator<RecordBatch> {
    const [from, to] = [exactNumber(range.from), exactNumber(range.to)];
    for (const segment of segmentsOf(range)) {
      signal?.throwIfAborted();
      await verify(segment, signal);
      const end = Math.min(Number(segment.to), to);
      let next = Math.max(Number(segment.from), from);
      for await (const lines of readSegment(folder, segment, kind, from, to)) {
        signal?.throwIfAborted();
        const records: HistoryRecord[] = [];
        const absences: Absence[] = [];
        for (const line of lines) {
          if ('record' in line) records.push(line.record);
          else absences.push(clip(line.absence, from, to));
        }
        next = Math.max((records.at(-1)?.offset ?? -1) + 1, absences.at(-1)?.to ?? 0);
        yield { partition: range.partition, records, absences, next };
      }
      // An event table's last positions may be holes.
      if (next < end) yield { partition: range.partition, records: [], absences: [], next: end };
    }
  }

  return {
    name,
    history: manifest.history,
    reach,
    reachOf: (partition) => reach.find((each) => each.partition === partition) ?? null,
    batches,
    read: async (range, signal, onBatch) => {
      for await (const batch of batches(range, signal)) await onBatch(batch);
    },
    firstAt: async (partition, instantMs) => {
      const segment = manifest.segments.find(
        (s) => s.partition === partition && (s.timestampsMs?.max ?? Number.NEGATIVE_INFINITY) >= instantMs,
      );
      if (segment === undefined) return null;
      for await (const batch of batches({ partition, from: BigInt(segment.from), to: BigInt(segment.to) })) {
        const first = batch.records.find((record) => record.timestampMs >= instantMs);
        if (first !== undefined) return BigInt(first.offset);
      }
      return null;
    },
    checkWhole: () => checkWhole(name, manifest, verify),
  };
}

const min = (a: bigint, b: bigint) => (b < a ? b : a);
const max = (a: bigint, b: bigint) => (b > a ? b : a);

function clip(absence: Absence, from: number, to: number): Absence {
  return { ...absence, from: Math.max(absence.from, from), to: Math.min(absence.to, to) };
}

async function checkWhole(
  name: string,
  manifest: Manifest,
  verify: (segment: Segment) => Promise<void>,
): Promise<ReadinessCheck> {
  const check = `Archive ${name} is whole`;
  try {
    for (const segment of manifest.segments) await verify(segment);
    const records = manifest.segments.reduce((sum, segment) => sum + segment.records, 0);
    const gone = reachOf(manifest).flatMap(({ partition }) => {
      const { missing } = absentIn(manifest.segments.filter((segment) => segment.partition === partition));
      return missing > 0 ? [`${missing} offsets of partition ${partition}`] : [];
    });
    if (gone.length > 0)
      return {
        name: check,
        outcome: 'warning',
        found: `Every segment has its digest, and ${gone.join(', ')} are missing in it: nothing accounts for them.`,
        consequence: 'A replay that reads them is untrusted.',
        remedy: 'Where the log still holds them, write a new archive under another name.',
      };
    return passed(check, `${manifest.segments.length} segments with ${records} records have their digests.`);
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return {
      name: check,
      outcome: 'failed',
      found: error.message,
      consequence: 'A replay that reads that segment fails.',
      remedy: 'Restore the file from a copy.',
    };
  }
}

/** An archive as a history of its own, with the identity of the one that it was written from. */
export function archiveReader(archive: Archive): HistoryReader {
  const state: HistoryState = {
    identity: archive.history.identity,
    kind: archive.history.kind,
    name: archive.history.name,
    partitions: archive.reach.map(({ partition, from, to }) => ({
      partition,
      logStart: String(from),
      lastStable: String(to),
      highWatermark: String(to),
    })),
    visibleBefore: archive.history.visibleBefore,
    cleanupPolicy: null,
  };
  return {
    describe: () => Promise.resolve(state),
    offsetsAt: async (instantMs) =>
      Promise.all(
        archive.reach.map(async ({ partition, to }) => ({
          partition,
          offset: (await archive.firstAt(partition, instantMs)) ?? to,
        })),
      ),
    read: async (ranges, options, onBatch) => {
      refuseOtherIdentity(archive, options);
      for (const range of ranges) refuseBeyond(archive, range);
      for (const range of ranges) await archive.read(range, options.signal, onBatch);
    },
    readiness: async () => [await archive.checkWhole()],
    groupLag: () => Promise.resolve(null),
    sizes: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
}

/** history-recreated where an archive was written from another topic or table than the one that is asked for. */
export function refuseOtherIdentity(archive: Archive, options: Pick<ReadOptions, 'identity'>): void {
  if (archive.history.identity === options.identity) return;
  throw new RepriseError(
    'history-recreated',
    `Archive ${archive.name} was written from ${archive.history.name} when it was ${archive.history.identity}; it is ${options.identity} now, so the archive is not its beginning.`,
    { where: archive.name },
  );
}

/** history-truncated with the exact range that an archive does not hold. */
export function refuseBeyond(archive: Archive, { partition, from, to }: ReadRange): void {
  if (from >= to) return;
  const reach = archive.reachOf(partition);
  if (reach !== null && from >= reach.from && to <= reach.to) return;
  const isBefore = reach !== null && from < reach.from;
  const [start, end] = isBefore
    ? [from, min(reach.from, to)]
    : [reach === null ? from : max(reach.to, from), to];
  throw new RepriseError(
    'history-truncated',
    `Offsets [${start}, ${end}) of ${archive.history.name}/${partition} are missing: archive ${archive.name} holds ${
      reach === null ? 'nothing of that partition' : `[${reach.from}, ${reach.to})`
    }.`,
    { where: `${archive.history.name}/${partition}@${start}-${end}` },
  );
}
