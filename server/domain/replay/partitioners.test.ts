import { describe, expect, test } from 'vitest';
import { javaHashPartition, murmur2, murmur2Partition } from './partitioners.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

describe('partitioners', () => {
  // The cases of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('murmur2 of %s is what Kafka computes', (key, hash) => {
    expect(murmur2(utf8(key))).toBe(hash);
  });

  test('a negative murmur2 is made positive by clearing its sign, as Kafka does', () => {
    expect(murmur2Partition(utf8('foobar'), 6)).toBe((-790332482 & 0x7fffffff) % 6);
  });

  // "polygenelubricants".hashCode() is Integer.MIN_VALUE, "hello" is 99162322.
  test.each([
    ['', 7, 0],
    ['hello', 6, 99162322 % 6],
    ['polygenelubricants', 6, 4],
    ['polygenelubricants', 5, 2],
  ])('java-hash of %s over %i partitions is floorMod of hashCode', (key, count, partition) => {
    expect(javaHashPartition(key, count)).toBe(partition);
  });
});
