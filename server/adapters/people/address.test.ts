import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';

const from = (forwarded: string | null, proxies: number) =>
  addressOf(new Headers(forwarded === null ? {} : { 'x-forwarded-for': forwarded }), proxies);

describe('where a request came from', () => {
  it('is what the proxies say, and never what the caller says before them', () => {
    expect(from('198.51.100.7', 1)).toBe('198.51.100.7');
    expect(from('10.0.0.1, 198.51.100.7', 1)).toBe('198.51.100.7');
    expect(from('10.0.0.1, 198.51.100.7, 192.0.2.1', 2)).toBe('198.51.100.7');
    expect(from('::1, 2001:db8::7', 1)).toBe('2001:db8::7');
  });

  it('is nowhere in particular where the proxies say nothing that is an address', () => {
    for (const text of [null, '', 'nonsense', '1.2.3.4:5678', '<script>'])
      expect(from(text, 1)).toBe('unknown');
    expect(from('198.51.100.7', 2)).toBe('unknown');
  });

  it('is this machine where there is no proxy, whatever the caller claims', () => {
    expect(from('10.9.8.7', 0)).toBe('this machine');
    expect(from(null, 0)).toBe('this machine');
  });
});
