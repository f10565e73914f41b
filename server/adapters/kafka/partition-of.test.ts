import { describe, expect, it } from 'vitest';
import { partitionOf } from './partition-of.ts';

describe('the partition of a key', () => {
  // Hashes from Kafka's own UtilsTest.testMurmur2.
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ])('is Kafka’s by murmur2: %s', (key, hash) => {
    for (const count of [1, 6, 97])
      expect(partitionOf('murmur2', key, count)).toBe((hash & 0x7fffffff) % count);
  });

  // "hello".hashCode() and a negative one, in Java.
  it.each([
    ['hello', 99_162_322],
    ['polygenelubricants', -2_147_483_648],
    ['', 0],
  ])('is Math.floorMod of Java’s hash: %s', (key, hash) => {
    for (const count of [1, 6, 97])
      expect(partitionOf('java-hash', key, count)).toBe(((hash % count) + count) % count);
  });

  it('is 0 in a single partition, and unknown without a partitioner', () => {
    expect(partitionOf('single', 'x', 1)).toBe(0);
    expect(partitionOf('none', 'x', 6)).toBeNull();
  });
});
