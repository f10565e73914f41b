import { counted, formatCount } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { listOf } from '@/components/ui/words.ts';
import type { LetterPlace, LetterTopicView } from '@/server/application/ports/dead-letters.ts';

export type LetterAnswer = {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string;
  readonly tab: string;
};

/** What still waits for something to be done. */
export const standing = ({
  letters,
  gone,
  reprocessed,
}: Pick<LetterTopicView, 'letters' | 'gone' | 'reprocessed'>) => letters - gone - reprocessed;

/** The answer of the page: what stands parked first, then what can't be read. */
export function lettersAnswer(all: readonly LetterTopicView[]): LetterAnswer {
  const topics = all.filter(({ retiredAt }) => retiredAt === null);
  const parked = topics.reduce((sum, each) => sum + standing(each), 0);
  const reprocessed = topics.reduce((sum, each) => sum + each.reprocessed, 0);
  const besides =
    reprocessed === 0
      ? ''
      : ` ${formatCount(reprocessed)} more ${reprocessed === 1 ? 'is' : 'are'} reprocessed.`;
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
      verdict: `${counted(parked, 'dead letter')} ${parked === 1 ? 'stands' : 'stand'} in ${counted(where.length, 'topic')}.${besides}`,
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
  if (reprocessed > 0)
    return {
      tone: 'verified',
      verdict: `${reprocessed === 1 ? 'The one dead letter that stands is' : `All ${counted(reprocessed, 'dead letter')} that stand are`} reprocessed.`,
      next: 'They stay in their topics until retention deletes them. Replay to prove that the derived states agree with history.',
      tab: 'reprocessed',
    };
  return {
    tone: 'verified',
    verdict: 'No dead letter stands in any topic.',
    next: 'What a consumer parks comes here within seconds.',
    tab: 'none',
  };
}

/** The states that park in a topic: each is sent its own letters. */
export const parkersOf = ({
  contractId,
  state,
  others,
}: Pick<LetterTopicView, 'contractId' | 'state' | 'others'>) => [
  { contractId, state },
  ...others.map((each) => {
    const at = each.lastIndexOf('/');
    return { contractId: each.slice(0, at), state: each.slice(at + 1) };
  }),
];

export const letterHref = ({ topic, partition, offset }: LetterPlace): string =>
  `/dead-letters/${encodeURIComponent(topic)}/${partition}/${offset}`;

export const causeWords = ({ exception, shape }: { readonly exception: string; readonly shape: string }) =>
  shape === '' ? exception : `${exception}: ${shape}`;
