import { expect, test } from 'vitest';
import { toProperties } from './properties.ts';

test.each([
  [{ a: 'b' }, 'a=b\n'],
  [{ password: 'p\\w=d: x' }, 'password=p\\\\w=d: x\n'],
  [{ a: ' leading' }, 'a=\\ leading\n'],
  [{ a: 'two\nlines' }, 'a=two\\nlines\n'],
  [{ file: '/home/jürgen/日本/🙂' }, 'file=/home/j\\u00fcrgen/\\u65e5\\u672c/\\ud83d\\ude42\n'],
  [{ 'a b:c=d': '' }, 'a\\ b\\:c\\=d=\n'],
])('%j survives the properties format', (settings, text) => {
  expect(toProperties(settings)).toBe(text);
});
