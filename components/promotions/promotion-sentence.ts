import { counted, formatCount } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { PromotionSummary } from '@/server/application/promotion/views.ts';

export const promotionTone: Record<PromotionSummary['status'], Tone> = {
  'awaiting-approval': 'accent',
  queued: 'accent',
  running: 'accent',
  promoted: 'verified',
  refused: 'failed',
  failed: 'failed',
  withdrawn: 'unknown',
};

/** The page's one sentence about a promotion, and what to do next. */
export function promotionAnswer(promotion: PromotionSummary): {
  tone: Tone;
  verdict: string;
  next: string | null;
  tab: string;
} {
  const tone = promotionTone[promotion.status];
  const tab = promotion.status.replace('-', ' ');
  const what = `${counted(promotion.keys, 'key')} of ${promotion.derivedState}`;
  const isUndoing = promotion.undoes !== null;
  switch (promotion.status) {
    case 'awaiting-approval':
      return {
        tone,
        tab,
        verdict: `${isUndoing ? 'The previous rows' : 'What history says'} of ${what} waits for approval; nothing has been written.`,
        next: 'Read the changes below: an approval is for exactly these.',
      };
    case 'queued':
      if (promotion.problem !== null)
        return {
          tone,
          tab,
          verdict: `${what} is approved and has not begun: what it waits for stands below; nothing has been written.`,
          next: 'Until it begins it can be withdrawn.',
        };
      return { tone, tab, verdict: `${what} is approved and waits for a worker.`, next: null };
    case 'running':
      return { tone, tab, verdict: `${what} is being written.`, next: null };
    case 'promoted':
      return { tone: promotion.changed ? 'different' : tone, tab, ...donePart(promotion, what) };
    case 'failed':
      if (promotion.failure?.code === 'promotion-unknown')
        return {
          tone: 'unknown',
          tab: 'unknown',
          verdict: `Whether ${what} was written is not known: nobody could ask the target any more.`,
          next: `${promotion.failure.sentence.replace(/\.?$/, '.')} Replay the contract once its target answers: that says what its rows hold.`,
        };
      return unwritten(promotion, tone, tab, what);
    case 'refused':
    case 'withdrawn':
      return unwritten(promotion, tone, tab, what);
  }
}

function unwritten(promotion: PromotionSummary, tone: Tone, tab: string, what: string) {
  const ended = promotion.status === 'failed' ? 'failed' : `was ${promotion.status}`;
  return {
    tone,
    tab,
    verdict: `Nothing was written: the promotion of ${what} ${ended}.`,
    next: promotion.failure?.sentence ?? null,
  };
}

function donePart(promotion: PromotionSummary, what: string) {
  const written = promotion.written ?? 0;
  const parts = [
    `${formatCount(written)} of ${what} ${written === 1 ? 'was' : 'were'} written`,
    promotion.alreadyRight ? `${formatCount(promotion.alreadyRight)} held it already` : null,
    promotion.changed
      ? `${formatCount(promotion.changed)} ${promotion.changed === 1 ? 'was' : 'were'} left alone, because the difference there is another one by now`
      : null,
  ].filter((part) => part !== null);
  const undone = promotion.undoneBy === null ? '' : ' It has been undone since.';
  return {
    verdict: `${parts.join('; ')}.${undone}`,
    next:
      promotion.undoneBy === null
        ? 'Replay the contract again: that proves every key of every derived state.'
        : 'The promotion that has undone it is named below.',
  };
}
