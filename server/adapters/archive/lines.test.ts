import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLine, writeAbsence, writeRecord } from './lines.ts';
import { differenceOfRecords } from './seam.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const record = fc.record({
  offset: fc.maxSafeNat(),
  timestampMs: fc.maxSafeInteger(),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.option(
    fc.dictionary(
      fc.oneof(fc.string(), fc.constant('__proto__')),
      fc.option(fc.oneof(bytes, fc.string({ unit: 'grapheme' })), { nil: undefined }),
    ),
  ),
});

describe('a line of an archive', () => {
  it('gives back the record that was written, byte for byte', () => {
    fc.assert(
      fc.property(record, (written) => {
        const text = writeRecord(written);
        expect(text.indexOf('\n')).toBe(text.length - 1);
        const line = readLine(text);
        if (!('record' in line)) throw new Error('no record');
        expect(differenceOfRecords(line.record, written)).toBeNull();
        expect(line.record.offset).toBe(written.offset);
        expect(line.record.headers === null).toBe(written.headers === null);
      }),
    );
  });

  it('gives back an absence with its cause', () => {
    const absence = { from: 3, to: 9, cause: 'aborted' } as const;
    expect(readLine(writeAbsence(absence))).toEqual({ absence });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['an offset that is a number', '{"offset":1,"timestampMs":1,"key":null,"value":null,"headers":null}'],
    [
      'an offset beyond what is exact',
      '{"offset":"9007199254740993","timestampMs":1,"key":null,"value":null,"headers":null}',
    ],
    ['no time', '{"offset":"1","key":null,"value":null,"headers":null}'],
    ['a value missing', '{"offset":"1","timestampMs":1,"key":null,"headers":null}'],
    ['a value that is no base64', '{"offset":"1","timestampMs":1,"key":null,"value":"a*==","headers":null}'],
    ['a value that is cut', '{"offset":"1","timestampMs":1,"key":null,"value":"YWJ","headers":null}'],
    ['headers that are a list', '{"offset":"1","timestampMs":1,"key":null,"value":null,"headers":[]}'],
    ['an unknown cause', '{"absent":{"from":"1","to":"2","cause":"tired"}}'],
    ['an empty absence', '{"absent":{"from":"2","to":"2","cause":"control"}}'],
  ])('is refused with %s', (_what, text) => {
    expect(() => readLine(text)).toThrow();
  });
});

describe('two records', () => {
  const one = {
    offset: 1,
    timestampMs: 5,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: { a: 'x' },
  };
  it.each([
    ['timestamps', { timestampMs: 6 }],
    ['keys', { key: Buffer.from('l') }],
    ['keys', { key: null }],
    ['values', { value: Buffer.from('') }],
    ['headers a', { headers: { a: 'y' } }],
    ['headers a', { headers: null }],
    ['headers b', { headers: { a: 'x', b: 'z' } }],
  ])('differ in their %s', (part, change) => {
    expect(differenceOfRecords(one, { ...one, ...change })).toBe(`their ${part} differ`);
  });
});
