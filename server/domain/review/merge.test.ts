import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffTexts, hasMarks, marks, mergeText } from './merge.ts';

const text = (...lines: readonly string[]) => lines.join('\n');

describe('what two people made of one text', () => {
  it.each([
    ['only one of them changed it', 'a', 'b', 'a', 'b', 0],
    ['only the other did', 'a', 'a', 'c', 'c', 0],
    ['both did the same', 'a', 'b', 'b', 'b', 0],
    [
      'in different places',
      text('a', 'b', 'c'),
      text('A', 'b', 'c'),
      text('a', 'b', 'C'),
      text('A', 'b', 'C'),
      0,
    ],
    [
      'in the same place',
      'a',
      'mine',
      'theirs',
      text(marks.mine, 'mine', marks.between, 'theirs', marks.theirs),
      1,
    ],
    [
      'both wrote into nothing',
      '',
      'mine',
      'theirs',
      text(marks.mine, 'mine', marks.between, 'theirs', marks.theirs),
      1,
    ],
    [
      'one took away what the other changed',
      text('a', 'b'),
      text('a', 'B'),
      'a',
      text('a', marks.mine, 'B', marks.between, marks.theirs),
      1,
    ],
  ] as const)('%s', (_name, base, mine, theirs, merged, conflicts) => {
    expect(mergeText(base, mine, theirs)).toEqual({ text: merged, conflicts });
    expect(hasMarks(merged)).toBe(conflicts > 0);
  });

  // Few different lines, so that the same ones come up often.
  const lines = fc
    .array(fc.constantFrom('', 'a', 'b', 'c', 'd', 'e'), { maxLength: 12 })
    .map((all) => all.join('\n'));

  it('loses no line that either of them wrote', () => {
    fc.assert(
      fc.property(lines, lines, lines, (base, mine, theirs) => {
        const merged = mergeText(base, mine, theirs).text;
        for (const line of new Set([...mine.split('\n'), ...theirs.split('\n')])) {
          const had = times(base, line);
          const written = Math.max(times(mine, line), times(theirs, line));
          if (written > had) expect(times(merged, line)).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('holds as many of each new line as whoever wrote most of them', () => {
    fc.assert(
      fc.property(lines, lines, lines, (base, mine, theirs) => {
        const merged = mergeText(base, mine, theirs);
        const fresh = [...new Set([...mine.split('\n'), ...theirs.split('\n')])].filter(
          (each) => times(base, each) === 0,
        );
        for (const line of fresh)
          expect(times(merged.text, line)).toBeGreaterThanOrEqual(
            Math.max(times(mine, line), times(theirs, line)),
          );
      }),
      { numRuns: 2000 },
    );
  });

  it('comes to the same lines whoever saves first', () => {
    fc.assert(
      fc.property(lines, lines, lines, (base, mine, theirs) => {
        const sorted = (merged: string) => merged.split('\n').toSorted();
        const [one, other] = [mergeText(base, mine, theirs), mergeText(base, theirs, mine)];
        expect(one.conflicts).toBe(other.conflicts);
        expect(sorted(one.text)).toEqual(sorted(other.text));
      }),
    );
  });

  it('is what is there where nobody changed anything', () => {
    fc.assert(
      fc.property(lines, lines, (base, changed) => {
        expect(mergeText(base, base, changed)).toEqual({ text: changed, conflicts: 0 });
        expect(mergeText(base, changed, base)).toEqual({ text: changed, conflicts: 0 });
      }),
    );
  });
});

const times = (all: string, line: string) => all.split('\n').filter((each) => each === line).length;

describe('the difference of two versions', () => {
  it('gives both back', () => {
    const lines = fc
      .array(fc.constantFrom('', 'a', 'b', 'c'), { maxLength: 10 })
      .map((all) => all.join('\n'));
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const parts = diffTexts(before, after);
        const without = (is: string) =>
          parts
            .filter((part) => part.is !== is)
            .flatMap((part) => part.lines)
            .join('\n');
        expect(without('added')).toBe(before);
        expect(without('removed')).toBe(after);
      }),
    );
  });
});
