import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { ChannelState } from '@/server/application/ports/notices.ts';

export const channelWords = {
  email: { name: 'E-mail', setting: 'REPRISE_SMTP_URL and REPRISE_MAIL_FROM' },
  webhook: { name: 'Webhook', setting: 'REPRISE_WEBHOOK_URL' },
} as const satisfies Record<ChannelState['channel'], unknown>;

/** How a channel stands, as a tone, a word and a sentence. */
export function channelStanding(state: ChannelState): {
  readonly tone: Tone;
  readonly word: string;
  readonly sentence: string;
} {
  const { setting } = channelWords[state.channel];
  if (state.configured === null)
    return {
      tone: 'unknown',
      word: 'not known',
      sentence: 'No worker has started yet, and workers are who sends.',
    };
  if (!state.configured)
    return {
      tone: 'unknown',
      word: 'not configured',
      sentence: `Nobody is told by it until ${setting} ${state.channel === 'email' ? 'are' : 'is'} set for the workers.`,
    };
  if (state.givenUpLately > 0)
    return {
      tone: 'failed',
      word: 'given up',
      sentence: `${counted(state.givenUpLately, 'notice')} could not be delivered within the last day. Whoever they were for has to be told another way.`,
    };
  if (isFailing(state))
    return {
      tone: 'different',
      word: 'failing',
      sentence: 'The last try failed. What waits is tried again by itself, for about four hours.',
    };
  if (state.lastSuccessAt === null)
    return { tone: 'unknown', word: 'not used yet', sentence: 'Send a test to see whether it arrives.' };
  return { tone: 'verified', word: 'works', sentence: 'What was sent last has been taken.' };
}

function isFailing({ lastProblemAt, lastSuccessAt }: ChannelState): boolean {
  return lastProblemAt !== null && (lastSuccessAt === null || lastProblemAt > lastSuccessAt);
}
