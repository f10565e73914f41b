import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Line, readLine, spanOf } from './lines.ts';
import { invalid, type Segment } from './manifest.ts';
import { meter } from './segment-writer.ts';

/** Checks a segment's file against the manifest's length and digest. Throws archive-invalid, naming the file. */
export async function verifyFile(folder: string, segment: Segment, signal?: AbortSignal): Promise<void> {
  const file = join(folder, segment.file);
  const found = meter();
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal }))
      found.add(chunk as Buffer);
  } catch (error) {
    signal?.throwIfAborted();
    throw invalid(file, null, error instanceof Error ? error.message : String(error), error);
  }
  const { bytes, sha256 } = found.end();
  const { compressed } = segment;
  if (bytes !== compressed.bytes)
    throw invalid(file, null, `it has ${bytes} bytes where the manifest says ${compressed.bytes}`);
  if (sha256 !== compressed.sha256)
    throw invalid(file, null, `its SHA-256 is ${sha256} and not ${compressed.sha256}`);
}

const MAX_LINE_BYTES = 256 << 20;

/**
 * The lines of a segment from the offset `from` up to `to`, once its file has been verified. The lines must
 * account for every offset of a log in order; read to its end, length, digest and count must fit the manifest.
 */
export async function* readSegment(
  folder: string,
  segment: Segment,
  kind: 'kafka' | 'postgres',
  from: number,
  to: number,
): AsyncGenerator<Line[]> {
  const file = join(folder, segment.file);
  const lines = accountFor(file, segment, kind);
  const found = meter();
  const chunks = decompressed(file, segment, lines.read);
  for await (const texts of linesOf(chunks, found, segment, file, lines.read)) {
    const wanted: Line[] = [];
    for (const text of texts) {
      const line = lines.next(text);
      const [start, end] = spanOf(line);
      if (end > from && start < to) wanted.push(line);
    }
    if (wanted.length > 0) yield wanted;
    // What follows is not asked for, and the file's digest has been checked.
    if (lines.cursor() >= to && lines.cursor() < Number(segment.to)) return;
  }
  const { bytes, sha256 } = found.end();
  if (bytes !== segment.uncompressed.bytes || sha256 !== segment.uncompressed.sha256) {
    throw invalid(file, lines.read(), 'its content is not what the manifest says');
  }
  lines.end();
}

/** Reads lines one after the other and holds them to the manifest: every offset in order, and as many records. */
function accountFor(file: string, segment: Segment, kind: 'kafka' | 'postgres') {
  const last = Number(segment.to);
  let number = 0;
  let cursor = Number(segment.from);
  let records = 0;
  return {
    /** Lines read so far. */
    read: () => number,
    /** One past the last offset that was read. */
    cursor: () => cursor,
    next: (text: string): Line => {
      number += 1;
      try {
        const line = readLine(text);
        const [start, end] = spanOf(line);
        // An event table's positions have natural holes.
        if (start < cursor || (start > cursor && kind === 'kafka')) {
          throw new Error(`offset ${start} where ${cursor} is due`);
        }
        if (end > last) throw new Error(`offset ${end - 1} is beyond the segment`);
        cursor = end;
        if ('record' in line) records += 1;
        return line;
      } catch (error) {
        throw invalid(file, number, error instanceof Error ? error.message : String(error), error);
      }
    },
    end: () => {
      if (records === segment.records && (kind === 'postgres' || cursor === last)) return;
      const said = `the manifest says ${segment.records} up to ${segment.to}`;
      throw invalid(file, number, `it holds ${records} records up to offset ${cursor}, and ${said}`);
    },
  };
}

async function* decompressed(file: string, segment: Segment, line: () => number): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: 1 << 18 });
  const unpack = segment.compression === 'zstd' ? createZstdDecompress() : createGunzip();
  source.on('error', (error) => unpack.destroy(error));
  source.pipe(unpack);
  try {
    for await (const chunk of unpack) yield chunk as Buffer;
  } catch (error) {
    throw invalid(
      file,
      line() + 1,
      `it can't be decompressed: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  } finally {
    unpack.destroy();
    source.destroy();
  }
}

/** Cuts bytes into lines, a run of them at a time. Stops at more bytes than the manifest says: a small file can unpack to any size. */
async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  found: ReturnType<typeof meter>,
  segment: Segment,
  file: string,
  line: () => number,
): AsyncGenerator<string[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    found.add(chunk);
    if (found.bytes() > segment.uncompressed.bytes || restBytes > MAX_LINE_BYTES) {
      throw invalid(file, line() + 1, 'it holds more than the manifest says');
    }
    const end = chunk.lastIndexOf(10);
    if (end < 0) {
      rest.push(chunk);
      restBytes += chunk.length;
      continue;
    }
    const whole = Buffer.concat([...rest, chunk.subarray(0, end)]).toString();
    rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    restBytes = chunk.length - end - 1;
    yield whole.split('\n');
  }
  if (restBytes > 0) throw invalid(file, line() + 1, 'its last line has no end');
}
