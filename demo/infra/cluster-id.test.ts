import { expect, it } from 'vitest';
import { clusterIdFrom } from './cluster-id.ts';

it('takes no cluster id that a tool of Kafka would read as a flag', () => {
  const given = [new Uint8Array(16).fill(0xfb), new Uint8Array(16).fill(0xf8), new Uint8Array(16).fill(1)];
  // 0xfb begins with "-_", 0xf8 with "-P".
  expect(given.map((bytes) => Buffer.from(bytes).toString('base64url')[0])).toEqual(['-', '-', 'A']);
  let at = 0;
  expect(clusterIdFrom(() => given[at++] ?? new Uint8Array(16))).toBe('AQEBAQEBAQEBAQEBAQEBAQ');
});
