import type { WrittenArchive } from '../../application/ports/archive-store.ts';
import type { ArchiveReach, HistoryReader, ReadRange } from '../../application/ports/history.ts';
import type { Absence, HistoryState, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { exactNumber } from '../../domain/shared/positions.ts';
import { openArchive } from './archive-reader.ts';
import { lockFolder } from './lock.ts';
import {
  absentIn,
  folderOf,
  type Manifest,
  makeFolder,
  reachOf,
  readManifest,
  writeManifest,
} from './manifest.ts';
import { compareShared } from './seam.ts';
import { verifyFile } from './segment-reader.ts';
import { type Compression, type SegmentWriter, startSegment } from './segment-writer.ts';

export type WriteArchive = {
  readonly reader: HistoryReader;
  /** See `continuationOf`. A partition that the archive holds already goes on exactly where it ends. */
  readonly ranges: readonly ReadRange[];
  readonly dir: string;
  readonly name: string;
  /** The history that the ranges were resolved on. */
  readonly identity: string;
  readonly compression: Compression;
  readonly now: Date;
  readonly signal: AbortSignal;
  /** Bytes before compression after which a segment is ended. */
  readonly segmentBytes?: number;
};

const SEGMENT_BYTES = 32 << 20;

/** So many of an archive's last offsets are compared with the log before it goes on. */
const TAIL_OFFSETS = 2_000n;

/**
 * Writes ranges of any history into an archive, or makes an archive longer. Each segment counts from the moment it
 * is in the manifest, so that a write that was interrupted goes on where its last segment ends.
 * Errors: input-invalid for a range that would overlap or leave a hole, history-recreated for another history,
 * history-missing where the reader leaves offsets unaccounted for, or says that they are missing: up to these the
 * partition is written, and the others to their end. archive-seam-broken where the log is not what the archive was
 * written from any more.
 */
export async function writeArchive(options: WriteArchive): Promise<WrittenArchive> {
  const folder = folderOf(options.dir, options.name);
  await makeFolder(folder);
  const release = await lockFolder(folder);
  try {
    return await writeLocked(options, folder);
  } finally {
    await release();
  }
}

async function writeLocked(options: WriteArchive, folder: string): Promise<WrittenArchive> {
  const state = await options.reader.describe();
  const before = await readManifest(folder);
  refuseOtherHistory(options, state, before);
  const ranges = options.ranges.filter((range) => range.from < range.to);
  refuseOverlapsAndHoles(options, ranges, before);
  if (before !== null) await refuseOtherTail(options);
  let manifest: Manifest = before ?? {
    format: 'reprise.archive/v1',
    name: options.name,
    history: {
      kind: state.kind,
      name: state.name,
      identity: state.identity,
      visibleBefore: state.visibleBefore,
    },
    segments: [],
  };
  const old = manifest.segments.length;
  // Partitions end segments whenever they are full; the manifest takes them one after the other.
  let turn: Promise<unknown> = Promise.resolve();
  const commit = (segment: Manifest['segments'][number]) => {
    const next = turn.then(async () => {
      manifest = { ...manifest, segments: [...manifest.segments, segment] };
      await writeManifest(folder, manifest);
    });
    turn = next.catch(() => undefined);
    return next;
  };
  const partitions = new Map(
    ranges.map((range) => [range.partition, writePartition(folder, range, state, options, commit)]),
  );
  try {
    const { identity, signal } = options;
    await options.reader.read(
      ranges,
      { identity, visibleBefore: state.visibleBefore, signal },
      async (batch) => partitions.get(batch.partition)?.add(batch),
    );
    for (const partition of partitions.values()) await partition.finish();
    const refusal = [...partitions.values()]
      .map((partition) => partition.refusal())
      .find((each) => each !== null);
    if (refusal) throw refusal;
  } finally {
    for (const partition of partitions.values()) await partition.abandon();
  }
  const added = manifest.segments.slice(old);
  return {
    records: added.reduce((sum, segment) => sum + segment.records, 0),
    segments: added.length,
    bytes: added.reduce((sum, segment) => sum + segment.compressed.bytes, 0),
    absent: absentIn(added),
    reach: reachOf(manifest),
  };
}

/**
 * The ranges that make an archive reach the end of its history: from where it ends, or from the log start where it
 * has not begun. Throws history-truncated where the log has moved on past the archive's end.
 */
export function continuationOf(state: HistoryState, reach: readonly ArchiveReach[]): ReadRange[] {
  return state.partitions.map(({ partition, logStart, lastStable }) => {
    const held = reach.find((each) => each.partition === partition);
    const from = held?.to ?? BigInt(logStart);
    if (from < BigInt(logStart)) {
      throw new RepriseError(
        'history-truncated',
        `The archive ends at offset ${from} of ${state.name}/${partition}, and the log begins at ${logStart}: offsets [${from}, ${logStart}) are in neither. Write a new archive under another name.`,
        { where: `${state.name}/${partition}@${from}-${logStart}` },
      );
    }
    return { partition, from, to: BigInt(lastStable) };
  });
}

function refuseOtherHistory(options: WriteArchive, state: HistoryState, before: Manifest | null): void {
  const expected = [options.identity, ...(before ? [before.history.identity] : [])];
  const other = expected.find((identity) => identity !== state.identity);
  if (other !== undefined) {
    throw new RepriseError(
      'history-recreated',
      `${state.name} is ${state.identity} now, and archive ${options.name} is about ${other}: the history has been made again. Write a new archive under another name.`,
      { where: options.name },
    );
  }
  if (before !== null && state.kind === 'postgres') {
    throw new RepriseError(
      'input-invalid',
      `Archive ${options.name} of an event table can't be made longer: rows that committed late have positions among those it holds. Write a new archive under another name.`,
      { where: options.name },
    );
  }
}

/**
 * A log that was cut off and has grown again keeps its topic's id (an unclean leader election does that), so that
 * where it still holds the archive's last offsets they are compared. Throws archive-seam-broken.
 */
async function refuseOtherTail({ dir, name, reader, signal }: WriteArchive): Promise<void> {
  const archive = await openArchive(dir, name);
  for (const { partition } of archive.reach) {
    await compareShared(archive, reader, partition, signal, ({ from, to }) => {
      const tail = to - TAIL_OFFSETS;
      const begin = archive.reachOf(partition)?.from ?? 0n;
      return { partition, from: [from, tail, begin].reduce((a, b) => (a > b ? a : b)), to };
    });
  }
}

function refuseOverlapsAndHoles(
  options: WriteArchive,
  ranges: readonly ReadRange[],
  before: Manifest | null,
): void {
  const held = new Map(before === null ? [] : reachOf(before).map((reach) => [reach.partition, reach.to]));
  const seen = new Set<number>();
  for (const { partition, from } of ranges) {
    const end = held.get(partition);
    const twice = seen.has(partition);
    seen.add(partition);
    if (!twice && (end === undefined || end === from)) continue;
    const what = twice ? 'is named twice' : from < (end ?? 0n) ? 'would overlap' : 'would leave a hole';
    throw new RepriseError(
      'input-invalid',
      `Partition ${partition} ${what}: archive ${options.name} ends at offset ${end ?? from} and the range begins at ${from}.`,
      { where: `${options.name}, partition ${partition}` },
    );
  }
}

/** Cuts one partition's batches into segments, and checks that every offset is accounted for. */
function writePartition(
  folder: string,
  range: ReadRange,
  state: HistoryState,
  options: WriteArchive,
  commit: (segment: Manifest['segments'][number]) => Promise<void>,
) {
  const { partition } = range;
  const limit = options.segmentBytes ?? SEGMENT_BYTES;
  let cursor = exactNumber(range.from);
  let segment: SegmentWriter | null = null;
  let refusal: RepriseError | null = null;
  const advance = (from: number, to: number) => {
    // An event table's positions have natural holes; a log's offsets have none.
    if (from < cursor || (from > cursor && state.kind === 'kafka'))
      throw unaccounted(state, partition, cursor, from);
    cursor = to;
  };
  const end = async () => {
    const done = segment;
    segment = null;
    if (done === null) return;
    if (cursor <= done.from) return done.abandon();
    const finished = await done.finish(cursor, options.now).catch(async (error: unknown) => {
      await done.abandon();
      throw error;
    });
    // As it stands on the disk, before anything says that it does.
    await verifyFile(folder, finished);
    await commit(finished);
  };
  return {
    add: async (batch: RecordBatch) => {
      if (refusal !== null) return;
      segment ??= await startSegment(folder, partition, cursor, options.compression);
      for (const item of inOrder(batch)) {
        if ('cause' in item && item.cause === 'missing') {
          await end();
          refusal = missing(state, partition, item);
          return;
        }
        if ('cause' in item) advance(item.from, item.to);
        else advance(item.offset, item.offset + 1);
        await segment.add(item);
      }
      advance(state.kind === 'kafka' ? batch.next : Math.max(cursor, batch.next), batch.next);
      if (segment.bytes() >= limit) await end();
    },
    refusal: () => refusal,
    finish: async () => {
      if (refusal !== null) return;
      if (BigInt(cursor) !== range.to) throw unaccounted(state, partition, cursor, exactNumber(range.to));
      await end();
    },
    abandon: async () => segment?.abandon(),
  };
}

/** Records and absences of a batch by offset. */
function* inOrder({ records, absences }: RecordBatch) {
  let next = 0;
  for (const record of records) {
    for (let absence = absences[next]; absence && absence.from < record.offset; absence = absences[++next]) {
      yield absence;
    }
    yield record;
  }
  yield* absences.slice(next);
}

/** Written as missing it would stand for a fact, and the log may still hold it. */
function missing(state: HistoryState, partition: number, { from, to }: Absence): RepriseError {
  return new RepriseError(
    'history-missing',
    `The archive ends before offsets [${from}, ${to}) of ${state.name}/${partition}: the log holds no record there, and nothing accounts for it, since the topic is not compacted as far as Reprise may see. If it is, let Reprise's user see its settings (DESCRIBE_CONFIGS). If it was once, or the records are lost, the rest of it goes into no archive of this topic.`,
    { where: `${state.name}/${partition}@${from}-${to}` },
  );
}

function unaccounted(state: HistoryState, partition: number, from: number, to: number): RepriseError {
  return new RepriseError(
    'history-missing',
    `Offsets between ${from} and ${to} of ${state.name}/${partition} were neither delivered nor said to be absent. Nothing of this segment was kept.`,
    { where: `${state.name}/${partition}@${from}-${to}` },
  );
}
