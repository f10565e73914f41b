import { describe, expect, it } from 'vitest';
import { parseWaivers } from './waiver-form.ts';

describe('records that are waived, as they are typed', () => {
  it.each([
    ['', []],
    ['0:12', [{ partition: 0, offset: '12' }]],
    [
      ' p3:7,\n0:9223372036854775807 ',
      [
        { partition: 3, offset: '7' },
        { partition: 0, offset: '9223372036854775807' },
      ],
    ],
  ])('%j names %j', (text, waivers) => expect(parseWaivers(text)).toEqual({ ok: true, waivers }));

  it.each(['12', '0:', '0:1-4', '-1:4', '0:12;1:3'])('%j is refused with what to write instead', (text) => {
    expect(parseWaivers(text)).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('partition:offset'),
    });
  });

  it('are a thousand at most', () => {
    expect(parseWaivers(Array.from({ length: 1_001 }, (_, i) => `0:${i}`).join())).toMatchObject({
      ok: false,
    });
  });
});
