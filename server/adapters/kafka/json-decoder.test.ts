import { describe, expect, it } from 'vitest';
import { SharedRecord } from '../../domain/replay/index.ts';
import { jsonDecoder, parseJson } from './json-decoder.ts';

describe('JSON in a record', () => {
  it('is read as it is, beyond ASCII too', () => {
    expect(parseJson(Buffer.from('{"name":"Zoë 漢 😀","n":1.5,"replaced":"\uFFFD"}'))).toEqual({
      name: 'Zoë 漢 😀',
      n: 1.5,
      replaced: '\uFFFD',
    });
    expect(parseJson(new Uint8Array(Buffer.from('[1]')))).toEqual([1]);
  });

  it('keeps apart what JavaScript would round into one', () => {
    const keys = ['1234567890123456788', '1234567890123456789'].map(
      (id) => parseJson(Buffer.from(`{"accountId":${id}}`)) as { readonly accountId: unknown },
    );
    expect(keys.map(({ accountId }) => accountId)).toEqual(['1234567890123456788', '1234567890123456789']);
  });

  it('in another encoding is refused, and not read with its letters replaced', () => {
    expect(() => parseJson(Buffer.from('{"name":"Zoë"}', 'latin1'))).toThrow('The value is not UTF-8.');
  });

  it('is read from where it lies among others', () => {
    const memory = Buffer.concat([
      Buffer.from([0xff]),
      Buffer.from('{"n":"Zoë"}'),
      Buffer.from([0xff, 0x22]),
    ]);
    expect(parseJson(memory, 1, memory.length - 2)).toEqual({ n: 'Zoë' });
    expect(() => parseJson(memory, 1, memory.length - 1)).toThrow('The value is not UTF-8.');
    expect(() => parseJson(memory, 1, 1)).toThrow('The value is empty, and JSON is not.');
    const lying = (from: number, to: number) => new SharedRecord(0, 0, memory, -1, -1, from, to, null);
    expect(jsonDecoder.decode(lying(1, memory.length - 2))).toEqual({ n: 'Zoë' });
    expect(() => jsonDecoder.decode(lying(1, 1))).toThrow('The value is empty, and JSON is not.');
    expect(parseJson(Buffer.from('\ufffd"\ufffd"\ufffd'), 3, 8)).toBe('\ufffd');
  });

  it('that is none says so without quoting it', () => {
    expect(() => parseJson(Buffer.from('secret'))).toThrow(/^The value is not JSON\.$/);
    expect(() => parseJson(Buffer.alloc(0))).toThrow('The value is empty, and JSON is not.');
    expect(() => parseJson(Buffer.from([0, 0, 0, 0, 7, 2]))).toThrow(
      'The contract should name format registry().',
    );
  });
});
