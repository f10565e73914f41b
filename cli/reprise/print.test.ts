import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { endQuietlyWithReader, inOneLine, json, table } from './print.ts';

it('a reader that has gone away ends a command quietly, and no other fault', () => {
  const stream = new PassThrough();
  endQuietlyWithReader(stream);
  const fault = (code: string) => Object.assign(new Error(`write ${code}`), { code });
  expect(() => stream.emit('error', fault('EPIPE'))).not.toThrow();
  expect(() => stream.emit('error', fault('ENOSPC'))).toThrow('write ENOSPC');
});

/** What moves a cursor, ends a line, or turns the order of what is read. */
const hostile = '\u001b[2J\r\n\u009b1A\u2028\u202e\u{e0001}ok';

it('what a terminal would obey is shown, and obeyed by nothing', () => {
  expect(inOneLine(hostile)).toBe('\\u{1b}[2J\\u{d}\\u{a}\\u{9b}1A\\u{2028}\\u{202e}\\u{e0001}ok');
  expect(inOneLine('Größe „5“ → 日本')).toBe('Größe „5“ → 日本');
});

it('a table has a line for each of its rows, whatever its cells say', () => {
  const text = table([
    ['CHECK', 'FOUND'],
    ['meaning', hostile],
  ]);
  expect(text.split('\n')).toHaveLength(2);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

it('JSON says the same, in characters that move nothing', () => {
  const text = json({ [hostile]: hostile });
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(text)).toEqual({ [hostile]: hostile });
});
