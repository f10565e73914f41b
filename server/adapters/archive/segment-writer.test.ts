import { describe, expect, it } from 'vitest';
import { writeWhole } from './segment-writer.ts';

/** A file of which one call writes no more than `most` bytes, as a file system may. */
function fileOf(most: number) {
  const held: Buffer[] = [];
  return {
    held,
    write: async (bytes: Uint8Array, from: number, length: number) => {
      const bytesWritten = Math.min(most, length);
      held.push(Buffer.from(bytes.subarray(from, from + bytesWritten)));
      return { bytesWritten };
    },
  };
}

describe('bytes that are written to a file', () => {
  it('are written whole, in as many calls as it takes', async () => {
    const file = fileOf(3);
    await writeWhole(file, Buffer.from('0123456789'));
    expect(Buffer.concat(file.held).toString()).toBe('0123456789');
  });

  it('fail where a file takes none of them any more', async () => {
    await expect(writeWhole(fileOf(0), Buffer.from('a'))).rejects.toThrow('took none of the 1 bytes left');
  });
});
