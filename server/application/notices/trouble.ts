import { counted } from '../../domain/shared/counted.ts';
import type { ChannelState } from '../ports/notices.ts';
import type { DependencyProbe } from '../ports/page-reads.ts';

/** After so long a notice that waits is no longer merely on its way. */
const OVERDUE_MS = 10 * 60_000;

const byWords = { email: 'e-mail', webhook: 'the webhook' } as const;

/** What is the matter with a channel, as a sentence that names nobody; null: nothing. */
export function troubleOf(state: ChannelState, now: Date): string | null {
  const by = byWords[state.channel];
  if (state.givenUpLately > 0)
    return `${counted(state.givenUpLately, 'notice')} could not be delivered by ${by} within the last day, and ${state.givenUpLately === 1 ? 'was' : 'were'} given up.`;
  if (state.oldestWaitingAt === null) return null;
  const waitedMs = now.getTime() - Date.parse(state.oldestWaitingAt);
  if (waitedMs < OVERDUE_MS) return null;
  return `${counted(state.waiting, 'notice')} by ${by} ${state.waiting === 1 ? 'waits' : 'wait'}, the oldest for ${counted(Math.floor(waitedMs / 60_000), 'minute')}.`;
}

export function noticesProbe(
  channels: () => Promise<readonly ChannelState[]>,
  now: () => Date,
): DependencyProbe {
  return {
    name: 'notices',
    check: async () => {
      const states = await channels();
      const troubles = states.flatMap((state) => troubleOf(state, now()) ?? []);
      if (troubles.length > 0) return { status: 'down', detail: troubles.join(' ') };
      const configured = states.filter((state) => state.configured === true);
      if (configured.length === 0)
        return {
          status: 'not-configured',
          detail:
            'neither REPRISE_SMTP_URL nor REPRISE_WEBHOOK_URL is set; people are told on the pages alone',
        };
      return {
        status: 'up',
        detail: `by ${configured.map(({ channel }) => byWords[channel]).join(' and ')}`,
      };
    },
  };
}
