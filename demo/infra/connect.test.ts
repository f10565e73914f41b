import { expect, test } from 'vitest';
import { toProperties } from './connect.ts';

test.each([
  [{ a: 'b' }, 'a=b\n'],
  [{ password: 'p\\w=d: x' }, 'password=p\\\\w=d: x\n'],
  [{ a: ' leading' }, 'a=\\ leading\n'],
  [{ a: 'two\nlines' }, 'a=two\\nlines\n'],
  [{ 'a b:c=d': '' }, 'a\\ b\\:c\\=d=\n'],
])('%j survives the properties format', (settings, text) => {
  expect(toProperties(settings)).toBe(text);
});
