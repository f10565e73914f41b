import type { EngineContract } from '../contract/index.ts';

/** Kafka's murmur2, as org.apache.kafka.common.utils.Utils.murmur2 computes it. */
export function murmur2(data: Uint8Array): number {
  const M = 0x5bd1e995;
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k =
      (data[i] ?? 0) | ((data[i + 1] ?? 0) << 8) | ((data[i + 2] ?? 0) << 16) | ((data[i + 3] ?? 0) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = length & 3;
  if (rest === 3) h ^= (data[whole + 2] ?? 0) << 16;
  if (rest >= 2) h ^= (data[whole + 1] ?? 0) << 8;
  if (rest >= 1) h = Math.imul(h ^ (data[whole] ?? 0), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** Where Kafka's default partitioner puts a key: toPositive(murmur2(key)) % n. */
export function murmur2Partition(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

/** Where Math.floorMod(key.hashCode(), n) puts a key, with Java's String.hashCode over UTF-16 code units. */
export function javaHashPartition(key: string, partitionCount: number): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return ((hash % partitionCount) + partitionCount) % partitionCount;
}

/** Where the contract's partitioner puts a key; null where it names none that is known, or there is one partition. */
export function rightPartition(
  partitioner: EngineContract['ordering']['partitioner'],
  key: string,
  partitionCount: number,
): number | null {
  if (partitionCount < 2) return null;
  if (partitioner === 'java-hash') return javaHashPartition(key, partitionCount);
  if (partitioner === 'murmur2') return murmur2Partition(encoder.encode(key), partitionCount);
  return null;
}

const encoder = new TextEncoder();
