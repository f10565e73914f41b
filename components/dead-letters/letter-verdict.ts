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
  letter: Pick<
    LetterView,
    | 'state'
    | 'isOwnerKnown'
    | 'exception'
    | 'shape'
    | 'gone'
    | 'reprocessed'
    | 'beside'
    | 'reading'
    | 'record'
  >,
): Omit<LetterAnswer, 'tab'> {
  const who = letter.isOwnerKnown ? letter.state : 'One of several states';
  const verdict = `${who} parked it: ${causeWords(letter)}.`;
  const { reading } = letter;
  const beside = letter.beside.at(-1);
  if (beside !== undefined)
    return {
      tone: 'different',
      verdict,
      next: `Its event was reprocessed edited, as ${beside.eventId}, which went to ${beside.target} and not into the history: a replay will find ${beside.derivedState} different until the correction stands in the history too.`,
    };
  if (letter.reprocessed)
    return {
      tone: 'verified',
      verdict,
      next: 'A redrive has reprocessed its event since. Replay to prove that the derived state agrees with history.',
    };
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
      next: `The contract reads it, so ${letter.isOwnerKnown ? letter.state : 'its consumer'} refused what history holds: release what reads it, then send it again.`,
    };
  if (reading?.outcome === 'fails')
    return {
      tone: 'failed',
      verdict,
      next: 'The contract refuses it as well: sending it again changes nothing. Correct it by a new event.',
    };
  return { tone: 'unknown', verdict, next: reading?.sentence ?? 'The contract could not be asked about it.' };
}
