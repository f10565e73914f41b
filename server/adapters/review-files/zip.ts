import { Zip, ZipDeflate } from 'fflate';
import type { ReviewFiles } from '../../application/ports/review-files.ts';

/** Packed between two turns of the process, so that others are answered meanwhile. */
const CHUNK = 1024 * 1024;
const turn = () => new Promise<void>((done) => setImmediate(done));

export const zip: ReviewFiles['zip'] = async (files, at) => {
  const parts: Uint8Array[] = [];
  const failures: Error[] = [];
  const archive = new Zip((error, part) => {
    if (error) failures.push(error);
    else parts.push(part);
  });
  for await (const { name, content } of files) {
    const entry = new ZipDeflate(name, { level: 6 });
    entry.mtime = dosTime(at);
    archive.add(entry);
    for (let from = 0; from < content.length || from === 0; from += CHUNK) {
      entry.push(content.subarray(from, from + CHUNK), from + CHUNK >= content.length);
      await turn();
    }
    if (failures[0] !== undefined) throw failures[0];
  }
  archive.end();
  if (failures[0] !== undefined) throw failures[0];
  return new Uint8Array(Buffer.concat(parts));
};

/** ZIP keeps the wall clock, in steps of two seconds and without a zone: that of UTC, wherever this runs. */
function dosTime(at: Date): Date {
  return new Date(at.getTime() + at.getTimezoneOffset() * 60_000);
}
