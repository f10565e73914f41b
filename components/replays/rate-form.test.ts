import { expect, it } from 'vitest';
import { estimateUnder, isRate, readRate } from './rate-form.ts';

it('takes whole numbers up to seven digits, and nothing at all for no limit', () => {
  expect(['', '1', '100', '9999999'].map(isRate)).toEqual([true, true, true, true]);
  expect(['0', '-1', '1.5', '1e3', '10000000', 'fast', ' '].some(isRate)).toBe(false);
  expect(['', '100', '1.5', '0'].map(readRate)).toEqual([null, 100, null, null]);
});

it('estimates by the limit where that is the slower, and else by the pace of before', () => {
  const paced = { eventEstimate: 1_842, estimatedSeconds: 1.4, estimateBasis: 'the last 3 replays' };
  const atPace = { seconds: 1.4, basis: 'the last 3 replays' };
  expect(estimateUnder(null, paced)).toEqual(atPace);
  expect(estimateUnder(100_000, paced)).toEqual(atPace);
  expect(estimateUnder(100, paced)).toEqual({ seconds: 18.42, basis: 'its own limit of 100 events/s' });
  const never = { eventEstimate: 1_842, estimatedSeconds: null, estimateBasis: null };
  expect(estimateUnder(100, never).seconds).toBe(18.42);
  expect(estimateUnder(100, { ...paced, eventEstimate: null })).toEqual(atPace);
});
