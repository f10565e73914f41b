import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';

/** Far above what a broker accepts as one batch, and far below what would end the process. */
const maxOutputLength = 1 << 29;

/**
 * Decompresses the records of one batch. `codec` is what bits 0 to 2 of the batch's attributes say
 * (kafka.apache.org/documentation, "Record Batch"). Snappy comes raw or in xerial's framing, as Java writes it;
 * LZ4 as frames. Throws for a codec that does not exist and for bytes that are none of it.
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  switch (codec) {
    case 0:
      return bytes;
    case 1:
      return gunzipSync(bytes, { maxOutputLength });
    case 2:
      return compressionsAlgorithms.snappy.decompressSync(bytes);
    case 3:
      return compressionsAlgorithms.lz4.decompressSync(bytes);
    case 4:
      return zstdDecompressSync(bytes, { maxOutputLength });
    default:
      throw new Error(`compression codec ${codec} is not one of gzip, snappy, lz4, zstd`);
  }
}
