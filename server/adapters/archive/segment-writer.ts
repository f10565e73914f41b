import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { Absence, AbsenceCause, HistoryRecord } from '../../domain/replay/index.ts';
import { writeAbsence, writeRecord } from './lines.ts';
import { type Segment, syncFolder } from './manifest.ts';

export type Compression = Segment['compression'];

const FLUSH_CHARS = 1 << 18;

/** Writes one segment of one partition, under another name until it is whole. */
export type SegmentWriter = {
  readonly from: number;
  /** Bytes before compression. */
  bytes(): number;
  add(item: HistoryRecord | Absence): Promise<void>;
  /** Ends the segment at `to`, syncs it and gives it its name. */
  finish(to: number, writtenAt: Date): Promise<Segment>;
  /** Removes what was written. */
  abandon(): Promise<void>;
};

export async function startSegment(
  folder: string,
  partition: number,
  from: number,
  compression: Compression,
): Promise<SegmentWriter> {
  const extension = compression === 'zstd' ? 'zst' : 'gz';
  const file = `${String(partition).padStart(5, '0')}-${String(from).padStart(20, '0')}.ndjson.${extension}`;
  const aside = join(folder, `.${file}.part`);
  const handle = await open(aside, 'w');
  const plain = meter();
  const packed = meter();
  const compress = compression === 'zstd' ? createZstdCompress() : createGzip();
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      packed.add(chunk);
      writeWhole(handle, chunk).then(() => done(), done);
    },
  });
  compress.on('error', (error) => sink.destroy(error));
  compress.pipe(sink);
  const written = finished(sink);
  written.catch(() => undefined);

  const absent: Record<AbsenceCause, number> = { control: 0, aborted: 0, compacted: 0, missing: 0 };
  let records = 0;
  let times: { min: number; max: number } | null = null;
  let text = '';
  const flush = async () => {
    const chunk = Buffer.from(text);
    text = '';
    plain.add(chunk);
    if (compress.write(chunk)) return;
    // A sink that failed (a full disk) drains nothing: its error ends the wait.
    await Promise.race([once(compress, 'drain'), written]);
  };
  return {
    from,
    bytes: () => plain.bytes() + text.length,
    add: async (item) => {
      if ('cause' in item) {
        absent[item.cause] += item.to - item.from;
        text += writeAbsence(item);
      } else {
        records += 1;
        const { timestampMs } = item;
        times = {
          min: Math.min(times?.min ?? timestampMs, timestampMs),
          max: Math.max(times?.max ?? timestampMs, timestampMs),
        };
        text += writeRecord(item);
      }
      if (text.length >= FLUSH_CHARS) await flush();
    },
    finish: async (to, writtenAt) => {
      await flush();
      compress.end();
      await written;
      await handle.sync();
      await handle.close();
      await rename(aside, join(folder, file));
      await syncFolder(folder);
      return {
        file,
        compression,
        partition,
        from: String(from),
        to: String(to),
        records,
        absent,
        timestampsMs: times,
        compressed: packed.end(),
        uncompressed: plain.end(),
        writtenAt: writtenAt.toISOString(),
      };
    },
    abandon: async () => {
      compress.destroy();
      sink.destroy();
      await handle.close().catch(() => undefined);
      await rm(aside, { force: true });
    },
  };
}

type Target = {
  write(bytes: Uint8Array, from: number, length: number): Promise<{ readonly bytesWritten: number }>;
};

/** One call may write fewer bytes than it is given (POSIX write), on a disk that is about to be full say. */
export async function writeWhole(file: Target, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
    if (bytesWritten === 0) throw new Error(`The file took none of the ${bytes.length - at} bytes left.`);
    at += bytesWritten;
  }
}

/** Counts and digests bytes as they pass. */
export function meter() {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    add: (chunk: Uint8Array) => {
      hash.update(chunk);
      bytes += chunk.length;
    },
    bytes: () => bytes,
    end: () => ({ bytes, sha256: hash.digest('hex') }),
  };
}
