import type { LetterView, Reading } from '@/server/application/dead-letters/letter-view.ts';
import { causeWords, type LetterAnswer } from './letter-words.ts';

export const stepWords: Readonly<Record<NonNullable<Reading['step']>, string>> = {
  decode: 'It can’t be decoded',
  envelope: 'Its envelope is refused',
  validate: 'Its data is refused',
  upcast: 'It can’t be brought up to the newest version',
};

/** Why it was parked, and what to do about it now. */
export function letterVerdict(
  letter: Pick<LetterView, 'state' | 'exception' | 'shape' | 'gone' | 'reading' | 'record'>,
): Omit<LetterAnswer, 'tab'> {
  const verdict = `${letter.state} parked it: ${causeWords(letter)}.`;
  const { reading } = letter;
  if (letter.gone || letter.record === null)
    return {
      tone: 'unknown',
      verdict,
      next: 'Its record can’t be read any more: replay its key to see whether a derived state still misses it.',
    };
  if (reading?.outcome === 'reads')
    return {
      tone: 'different',
      verdict,
      next: `The contract reads it, so ${letter.state} refused what history holds: release what reads it, then send it again.`,
    };
  if (reading?.outcome === 'fails')
    return {
      tone: 'failed',
      verdict,
      next: 'The contract refuses it as well: sending it again changes nothing. Correct it by a new event.',
    };
  return { tone: 'unknown', verdict, next: reading?.sentence ?? 'The contract could not be asked about it.' };
}
