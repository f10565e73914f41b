import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { listOf } from '@/components/ui/words.ts';
import type { OpenReplays, ReplaySummary } from '@/server/application/views.ts';

export type ListAnswer = { readonly tone: Tone; readonly verdict: string; readonly tab: string };

/** The answer of the list: what runs and what waits, of all that the filters let through, and else how the latest ended. */
export function listAnswer(
  open: OpenReplays,
  latest: Pick<ReplaySummary, 'status' | 'confidence'> | undefined,
  filtered: boolean,
): ListAnswer {
  const of = (...statuses: readonly string[]) =>
    open.reduce((sum, each) => (statuses.includes(each.status) ? sum + each.count : sum), 0);
  const waits = of('queued');
  const asks = of('awaiting-approval');
  const paused = of('paused');
  const running = of(...open.map((each) => each.status)) - waits - asks - paused;
  const standing = [
    waits > 0 ? `${waits} ${waits === 1 ? 'waits' : 'wait'} for a worker` : null,
    asks > 0 ? `${asks} ${asks === 1 ? 'waits' : 'wait'} for approval` : null,
    paused > 0 ? `${paused} ${paused === 1 ? 'is' : 'are'} paused` : null,
  ].filter((part) => part !== null);
  const sentence =
    running > 0
      ? listOf([`${counted(running, 'replay')} ${running === 1 ? 'is' : 'are'} running`, ...standing])
      : standing.length > 0
        ? `No replay is running; ${listOf(standing)}`
        : latest
          ? `No replay is running; the latest ${endWords(latest)}`
          : 'No replay has run yet';
  return {
    tone: running + standing.length > 0 ? 'accent' : 'unknown',
    verdict: filtered ? `${sentence}, among those that match the filters.` : `${sentence}.`,
    tab:
      running > 0
        ? `${running} running`
        : (standing[0] ?? (latest ? `latest ${endWords(latest)}` : 'none yet')),
  };
}

function endWords({ status, confidence }: Pick<ReplaySummary, 'status' | 'confidence'>): string {
  switch (status) {
    case 'finished':
      return `ended ${confidence ?? 'without a verdict'}`;
    case 'failed':
      return 'failed';
    default:
      return `was ${status}`;
  }
}
