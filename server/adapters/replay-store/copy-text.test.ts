import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copyChunks } from './copy-text.ts';

/** The reading side of COPY's text format, as PostgreSQL's manual gives it. */
function parse(text: string): (string | null)[][] {
  const lines = text.split('\n').slice(0, -1);
  const unescaped: Record<string, string> = { t: '\t', n: '\n', r: '\r', '\\': '\\' };
  return lines.map((line) =>
    line
      .split('\t')
      .map((value) => (value === '\\N' ? null : value.replace(/\\(.)/g, (_, c) => unescaped[c] ?? c))),
  );
}

it('what is written is what is read, whatever stands in it', () => {
  const value = fc.option(fc.string({ unit: fc.constantFrom('a', '\\', '\t', '\n', '\r', 'N', 'é', '😀') }));
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 2, maxLength: 4 }), { maxLength: 20 }), (rows) => {
      const text = Buffer.concat([...copyChunks(rows)]).toString('utf8');
      expect(parse(text)).toEqual(rows);
    }),
  );
});
