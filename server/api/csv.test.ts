import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine } from './csv.ts';

/** RFC 4180, read character by character, so that it shares nothing with what writes. */
function readLines(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = '';
  let inQuotes = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (inQuotes && letter === '"' && text.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else if (letter === '"') {
      inQuotes = !inQuotes;
    } else if (!inQuotes && letter === ',') {
      line.push(cell);
      cell = '';
    } else if (!inQuotes && letter === '\r' && text.charAt(at + 1) === '\n') {
      lines.push([...line, cell]);
      line = [];
      cell = '';
      at += 1;
    } else {
      cell += letter;
    }
  }
  return lines;
}

const hostile = fc.stringMatching(/^[=+\-@\t\r\n"',a;]{0,8}$/);
const cells = fc.array(fc.oneof(fc.string(), hostile), { minLength: 1, maxLength: 6 });

describe('a line of CSV', () => {
  it.each([
    [['a', 'b'], 'a,b\r\n'],
    [['', ''], ',\r\n'],
    [['say "no"'], '"say ""no"""\r\n'],
    [['a,b', 'two\nlines'], '"a,b","two\nlines"\r\n'],
    [['=1+1'], `"'=1+1"\r\n`],
    [['+1', '-1', '@a', '\ta', '\ra'], `"'+1","'-1","'@a","'\ta","'\ra"\r\n`],
    [['1-1', 'a=b'], '1-1,a=b\r\n'],
  ])('%j is %j', (given, line) => expect(csvLine(given)).toBe(line));

  it('reads back as what was written, but for the apostrophe before a formula', () => {
    fc.assert(
      fc.property(fc.array(cells, { maxLength: 4 }), (lines) => {
        const back = readLines(lines.map(csvLine).join(''));
        expect(back).toEqual(
          lines.map((line) => line.map((cell) => (/^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell))),
        );
      }),
    );
  });

  it('never has a cell that a spreadsheet would run', () => {
    fc.assert(
      fc.property(cells, (line) => {
        for (const cell of readLines(csvLine(line)).flat()) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
      }),
    );
  });
});
