import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { Redrive } from '@/server/application/ports/redrives.ts';
import type { LetterStatus, RedriveStatus } from '@/server/domain/dead-letters/index.ts';

const redriveTone: Readonly<Record<RedriveStatus, Tone>> = {
  'awaiting-approval': 'accent',
  queued: 'accent',
  running: 'accent',
  paused: 'unknown',
  stopped: 'failed',
  done: 'verified',
  cancelled: 'unknown',
  refused: 'unknown',
};

/** Of one that is done the tone says what came of it: done alone is no success. */
export const toneOf = ({ status, counts }: Pick<Redrive, 'status' | 'counts'>): Tone =>
  status === 'done' && notReprocessed(counts) > 0 ? 'different' : redriveTone[status];

export const redriveWords: Readonly<Record<RedriveStatus, string>> = {
  'awaiting-approval': 'awaits approval',
  queued: 'queued',
  running: 'sending',
  paused: 'paused',
  stopped: 'stopped',
  done: 'done',
  cancelled: 'cancelled',
  refused: 'refused',
};

export const outcomeTone: Readonly<Record<LetterStatus, Tone>> = {
  waiting: 'unknown',
  sending: 'accent',
  sent: 'accent',
  reprocessed: 'verified',
  failed: 'failed',
  unknown: 'different',
  unseen: 'different',
  gone: 'unknown',
};

export const outcomeWords: Readonly<Record<LetterStatus, string>> = {
  waiting: 'not sent yet',
  sending: 'being sent',
  sent: 'sent, not verified yet',
  reprocessed: 'reprocessed',
  failed: 'failed',
  unknown: 'not known',
  unseen: 'sent, never seen reprocessed',
  gone: 'gone before it was sent',
};

/** Those that came to an end, and not to the one that was wished for. */
export const notReprocessed = ({ failed, unknown, unseen, gone }: Redrive['counts']) =>
  failed + unknown + unseen + gone;

/** What became of it, and what to do. */
export function redriveAnswer({
  status,
  counts,
  awaited,
  letters,
  problem,
  state,
}: Pick<Redrive, 'status' | 'counts' | 'awaited' | 'letters' | 'problem' | 'state'>): {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string | null;
} {
  const bad = notReprocessed(counts);
  const waits =
    awaited === 0
      ? ''
      : ` ${counted(awaited, 'letter')} of what was sent ${awaited === 1 ? 'is' : 'are'} still waited for: see below.`;
  const done = `${counts.reprocessed} of ${counted(letters, 'letter')} ${letters === 1 || counts.reprocessed === 1 ? 'is' : 'are'} reprocessed by ${state}`;
  if (status === 'awaiting-approval')
    return {
      tone: 'accent',
      verdict: `${counted(letters, 'letter')} for ${state} ${letters === 1 ? 'waits' : 'wait'} for somebody’s approval.`,
      next: 'Somebody who may approve and did not ask for it looks at what is sent, and decides.',
    };
  if (status === 'refused' || status === 'cancelled')
    return {
      tone: 'unknown',
      verdict:
        status === 'refused'
          ? (problem ?? 'It was rejected, and nothing was sent.')
          : `It was called off; ${done}.`,
      next: waits.trim() || null,
    };
  if (status === 'stopped')
    return {
      tone: 'failed',
      verdict: `It stopped; ${done}.`,
      next: `${problem ?? ''} See why below, mend what refuses them, and send what is left again.${waits}`.trim(),
    };
  if (status === 'done')
    return {
      tone: toneOf({ status, counts }),
      verdict:
        bad === 0 ? `All ${done}.`.replace('All ', '') : `${done}; ${bad} ${bad === 1 ? 'is' : 'are'} not.`,
      next:
        bad === 0
          ? 'Replay to prove that the derived state agrees with history.'
          : `See why below${counts.failed > 0 ? ': what was parked again stands among the dead letters with its new cause' : ''}.${waits}`,
    };
  return {
    tone: status === 'paused' ? 'unknown' : 'accent',
    verdict: `${status === 'paused' ? 'It is paused' : 'It is being sent'}; ${done}.`,
    next:
      problem ??
      'Each batch is verified before the next begins: its consumer has to come past it, and to park nothing of it.',
  };
}
