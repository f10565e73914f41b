import { describe, expect, it } from 'vitest';
import { counted } from './counted.ts';

describe('a count in a sentence', () => {
  it.each([
    [0, '0 events'],
    [1, '1 event'],
    [1n, '1 event'],
    [999, '999 events'],
    [1947, '1,947 events'],
    [10_000_000n, '10,000,000 events'],
  ])('groups the digits of %s, and is one or several', (count, text) => {
    expect(counted(count, 'event')).toBe(text);
  });
});
