/**
 * An archive is a folder: segments of NDJSON, compressed, and manifest.json, which says what they hold. The
 * manifest is written last and put in place by a rename, so that a writer that dies leaves the archive as it was.
 */
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ArchiveReach } from '../../application/ports/history.ts';
import { absenceCauses } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';

const offset = z.string().regex(/^(0|[1-9][0-9]{0,15})$/);
const count = z.number().int().nonnegative();
const bytes = z.strictObject({ bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

const segmentSchema = z.strictObject({
  /** A file beside the manifest: no path, since an archive can come from elsewhere. */
  file: z.string().regex(/^[0-9]{5}-[0-9]{20}\.ndjson\.(zst|gz)$/),
  compression: z.enum(['zstd', 'gzip']),
  partition: z.number().int().min(0),
  /** Offsets `[from, to)`, each of which is a record or absent with its cause. */
  from: offset,
  to: offset,
  records: count,
  /** Absent offsets by cause; the exact ranges stand as lines among the records. */
  absent: z.strictObject({ control: count, aborted: count, compacted: count, missing: count }),
  /** Least and greatest record time in milliseconds since the epoch; null without records. */
  timestampsMs: z.strictObject({ min: z.number().int(), max: z.number().int() }).nullable(),
  compressed: bytes,
  uncompressed: bytes,
  writtenAt: z.iso.datetime(),
});

const manifestSchema = z.strictObject({
  format: z.literal('reprise.archive/v1'),
  name: z.string(),
  history: z.strictObject({
    kind: z.enum(['kafka', 'postgres']),
    name: z.string(),
    /** As HistoryState has it: Kafka's topic id, or `schema.table:oid`. */
    identity: z.string(),
    visibleBefore: z.string().nullable(),
  }),
  segments: z.array(segmentSchema),
});

export type Segment = z.infer<typeof segmentSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

const MANIFEST = 'manifest.json';

/** The folder of an archive. Names are checked here, since they become part of a path. */
export function folderOf(dir: string, name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return join(dir, name);
  throw new RepriseError(
    'input-invalid',
    `${JSON.stringify(name)} is no archive name: lower-case letters, digits and -.`,
    {
      where: 'archive',
    },
  );
}

/** Reads and checks a manifest; null where the archive does not exist. Throws archive-invalid, naming file and field. */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const file = join(folder, MANIFEST);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw invalid(file, null, error.message, error);
  });
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(file, null, 'it is not JSON', error);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(file, null, `field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  refuseHoles(file, parsed.data);
  return parsed.data;
}

function refuseHoles(file: string, manifest: Manifest): void {
  const ends = new Map<number, string>();
  for (const segment of manifest.segments) {
    const end = ends.get(segment.partition);
    if (BigInt(segment.from) >= BigInt(segment.to) || (end !== undefined && end !== segment.from)) {
      const after = end === undefined ? '' : ` after one that ends at ${end}`;
      throw invalid(
        file,
        null,
        `segment ${segment.file} of partition ${segment.partition} says [${segment.from}, ${segment.to})${after}`,
      );
    }
    ends.set(segment.partition, segment.to);
  }
}

/** What each partition of an archive holds; segments follow each other without a hole. */
export function reachOf(manifest: Manifest): readonly ArchiveReach[] {
  const reach = new Map<number, ArchiveReach>();
  for (const { partition, from, to } of manifest.segments) {
    const known = reach.get(partition);
    reach.set(partition, { partition, from: known?.from ?? BigInt(from), to: BigInt(to) });
  }
  return [...reach.values()].sort((a, b) => a.partition - b.partition);
}

/** Absent offsets of segments by cause. */
export function absentIn(segments: readonly Segment[]): Segment['absent'] {
  const sum = { control: 0, aborted: 0, compacted: 0, missing: 0 };
  for (const { absent } of segments) for (const cause of absenceCauses) sum[cause] += absent[cause];
  return sum;
}

/** Puts a manifest in place: written aside, synced, renamed, and the folder synced, so that a power cut leaves one or the other. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const aside = join(folder, `.${MANIFEST}.part`);
  const file = await open(aside, 'w');
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, join(folder, MANIFEST));
  await syncFolder(folder);
}

/** Makes what was renamed in a folder survive a power cut. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (process.platform !== 'win32') throw error;
  } finally {
    await handle?.close();
  }
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
}

/** archive-invalid, naming the file and, where there is one, the line. */
export function invalid(file: string, line: number | null, problem: string, cause?: unknown): RepriseError {
  const where = line === null ? file : `${file}, line ${line}`;
  return new RepriseError(
    'archive-invalid',
    `The archive can't be used: ${where}: ${problem}. Restore the file from a copy, or write the archive again.`,
    { where, cause },
  );
}
