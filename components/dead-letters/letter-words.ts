import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { listOf } from '@/components/ui/words.ts';
import type { LetterPlace, LetterTopicView } from '@/server/application/ports/dead-letters.ts';

export type LetterAnswer = {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string;
  readonly tab: string;
};

const standing = ({ letters, gone }: Pick<LetterTopicView, 'letters' | 'gone'>) => letters - gone;

/** The answer of the page: what stands parked first, then what can't be read. */
export function lettersAnswer(all: readonly LetterTopicView[]): LetterAnswer {
  const topics = all.filter(({ retiredAt }) => retiredAt === null);
  const parked = topics.reduce((sum, each) => sum + standing(each), 0);
  const unread = topics.filter(({ problem }) => problem !== null);
  if (topics.length === 0)
    return {
      tone: 'unknown',
      verdict: 'No contract names a topic of dead letters.',
      next: 'A derived state names its own with deadLetters; then what its consumer parks stands here.',
      tab: 'Dead letters',
    };
  if (parked > 0) {
    const where = topics.filter((each) => standing(each) > 0);
    return {
      tone: 'different',
      verdict: `${counted(parked, 'dead letter')} ${parked === 1 ? 'stands' : 'stand'} in ${counted(where.length, 'topic')}.`,
      next: 'Parked is not lost: see why by cause, mend what refused them, and send them again. What a derived state still misses stands with each letter.',
      tab: `${counted(parked, 'letter')}`,
    };
  }
  if (unread.length > 0)
    return {
      tone: 'unknown',
      verdict: `${listOf(unread.map(({ topic }) => topic))} can’t be read now.`,
      next: 'What stands below is as old as it says. It goes on by itself once the topic can be read.',
      tab: 'not read',
    };
  if (topics.some(({ readAt }) => readAt === null))
    return {
      tone: 'unknown',
      verdict: 'The topics of dead letters are still being read to their end.',
      next: 'Until then nobody can say that none is parked.',
      tab: 'reading',
    };
  return {
    tone: 'verified',
    verdict: 'No dead letter stands in any topic.',
    next: 'What a consumer parks comes here within seconds.',
    tab: 'none',
  };
}

export const letterHref = ({ topic, partition, offset }: LetterPlace): string =>
  `/dead-letters/${encodeURIComponent(topic)}/${partition}/${offset}`;

export const causeWords = ({ exception, shape }: { readonly exception: string; readonly shape: string }) =>
  shape === '' ? exception : `${exception}: ${shape}`;
