import { describe, expect, it } from 'vitest';
import { shortenMiddle } from './shorten-middle.ts';

describe('a long id', () => {
  it('keeps its head and its tail', () => {
    expect(shortenMiddle('7f3c9a1e5b2d4860aa11bb22cc33dd44')).toBe('7f3c9a1e…dd44');
  });
  it('is left whole when shortening would save nothing', () => {
    expect(shortenMiddle('1234567890123')).toBe('1234567890123');
    expect(shortenMiddle('sku-1')).toBe('sku-1');
  });
});
