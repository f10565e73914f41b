import type { StateRow } from '@/server/application/views.ts';

type Explanation = NonNullable<StateRow['cells'][number]['explanation']>;
type Candidate = Explanation['candidates'][number];

/** What happened to the event that explains a difference, as a clause that follows "this event was". */
export const causeWords: Record<Candidate['cause'], string> = {
  'never-applied': 'never applied',
  'applied-twice': 'applied twice',
  'applied-out-of-order': 'applied out of order',
  'read-with-wrong-version': 'read with the wrong version',
  'nothing-after-offset': 'the last one applied',
};

/** `StockReceived v3 at p2:514 was never applied; it is a dead letter in x at 0` – the cause as a sentence. */
export function candidateSentence(candidate: Candidate): string {
  const at = `p${candidate.partition}:${candidate.offset}`;
  const event = `${candidate.eventType} v${candidate.eventVersion} at ${at}`;
  if (candidate.cause === 'nothing-after-offset') return `Nothing after ${event} was applied.`;
  const proof = candidate.deadLetter
    ? ` It is a dead letter in ${candidate.deadLetter.topic} at p${candidate.deadLetter.partition}:${candidate.deadLetter.offset}${candidate.deadLetter.cause ? `, because: ${candidate.deadLetter.cause}` : ''}.`
    : candidate.redeliveredAt
      ? ` It was redelivered at p${candidate.partition}:${candidate.redeliveredAt}.`
      : '';
  return `${event} was ${causeWords[candidate.cause]}.${proof}`;
}
