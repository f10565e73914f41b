import { murmur2 } from '@platformatic/kafka';
import type { Partitioner } from '../../domain/contract/index.ts';

/** The partition that a partitioner gives a key; null where the contract names none that could be computed. */
export function partitionOf(partitioner: Partitioner, key: string, partitionCount: number): number | null {
  switch (partitioner) {
    case 'murmur2':
      // Kafka's default: Utils.toPositive(Utils.murmur2(keyBytes)) % numPartitions.
      return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitionCount;
    case 'java-hash':
      return ((javaHash(key) % partitionCount) + partitionCount) % partitionCount;
    case 'single':
      return 0;
    case 'none':
      return null;
  }
}

/** java.lang.String.hashCode: over UTF-16 units, in 32 bits. */
function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
