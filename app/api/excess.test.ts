import { describe, expect, it } from 'vitest';
import { excess } from './excess.ts';

const post = (length: string | null, path = 'replays.launch') =>
  excess({
    method: 'POST',
    url: `http://127.0.0.1:3000/api/trpc/${path}`,
    headers: new Headers(length === null ? {} : { 'content-length': length }),
  });

describe('a request', () => {
  it('may be as long as the longest that a page sends', () => {
    expect(post('0')).toBeNull();
    expect(post(String(512 * 1024))).toBeNull();
  });

  it('that asks for a promotion may name as many keys as one may have, and no other is as long', () => {
    expect(post(String(4 * 1024 * 1024), 'promotions.request')).toBeNull();
    expect(post(String(4 * 1024 * 1024 + 1), 'promotions.request')).not.toBeNull();
    expect(post(String(512 * 1024 + 1), 'promotions.request,replays.pause')).not.toBeNull();
    expect(post(String(512 * 1024 + 1), 'constructor')).not.toBeNull();
  });

  it.each([String(512 * 1024 + 1), '99999999999999', '1e3', '-1', null])(
    'of length %s is refused',
    (length) => expect(post(length)).not.toBeNull(),
  );

  it('asks for so many things at once and no more', () => {
    const many = (count: number) => Array.from({ length: count }, () => 'replays.list').join(',');
    expect(post('10', many(32))).toBeNull();
    expect(post('10', many(33))).toMatch(/33 things/);
  });

  it('is counted as the procedures read it, however its commas are written', () => {
    const many = (comma: string) => Array.from({ length: 33 }, () => 'replays.list').join(comma);
    for (const comma of ['%2C', '%2c', ',']) expect(post('10', many(comma))).toMatch(/33 things/);
    expect(post('10', 'replays.list%')).not.toBeNull();
  });
});
