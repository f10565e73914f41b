import { create } from 'fontkit';
import type { Face } from './fonts.ts';

/** Which characters a face has a form for. */
export type Knows = (face: Face, codePoint: number) => boolean;

export function knownTo(faces: ReadonlyMap<Face, Buffer>): Knows {
  const fonts = new Map([...faces].map(([face, bytes]) => [face, create(bytes)]));
  return (face, codePoint) => {
    const font = fonts.get(face);
    return font !== undefined && 'hasGlyphForCodePoint' in font && font.hasGlyphForCodePoint(codePoint);
  };
}

/** Marks that turn around how what follows is read (UAX #9). */
const turns = /[\u202A-\u202E\u2066-\u2069]/gu;

/** No line is longer, and what would be broken letter by letter takes the square of its length. */
const LONGEST_WORD = 80;
const tooLong = new RegExp(`\\S{${LONGEST_WORD}}(?=\\S)| {${LONGEST_WORD}}(?= )`, 'gu');

/** With the code of each character that the face has no form for, as `[U+4E2D]`: a box would say nothing. */
export function readable(text: string, face: Face, knows: Knows): string {
  const plain = text.replace(turns, '').replaceAll('\t', '    ');
  return Array.from(plain, (each) => {
    const codePoint = each.codePointAt(0) ?? 0;
    if (each === '\n' || knows(face, codePoint)) return each;
    return `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
  })
    .join('')
    .replace(tooLong, '$&\n');
}
