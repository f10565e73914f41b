import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { listOf } from '@/components/ui/words.ts';
import type { SagaGapView, SagaRow, SagaSummary } from '@/server/application/ports/saga-views.ts';
import type { Oddity, SagaState } from '@/server/domain/saga/index.ts';

export const stateTone: Readonly<Record<SagaState, Tone>> = {
  stuck: 'failed',
  'compensation-failed': 'failed',
  compensating: 'different',
  running: 'accent',
  cancelled: 'unknown',
  completed: 'verified',
};

export const stateWords: Readonly<Record<SagaState, string>> = {
  stuck: 'stuck',
  'compensation-failed': 'compensation failed',
  compensating: 'compensating',
  running: 'running',
  cancelled: 'cancelled',
  completed: 'completed',
};

export const oddityWords: Readonly<Record<Oddity, string>> = {
  repeated: 'delivered again: it changes nothing',
  'beginning-unseen': 'the first step was not seen before it',
  'out-of-order': 'out of order: a step before it was not done, or it was undone already',
  'done-again': 'the step was done before',
  'never-done': 'the step was never done',
  'undone-again': 'the step was undone before',
  'after-its-end': 'the saga had ended before',
  'left-standing': 'a step that can be undone still stands',
  unreadable: 'its data could not be read',
};

export type SagaAnswer = {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string;
  readonly tab: string;
};

/** The answer of the page: what is stuck first, then what could not be undone, then what can't be followed. */
export function sagaAnswer(summaries: readonly SagaSummary[]): SagaAnswer {
  const sum = (state: SagaState) => summaries.reduce((all, { counts }) => all + counts[state], 0);
  const stuck = sum('stuck');
  const failed = sum('compensation-failed');
  const open = sum('running') + sum('compensating');
  const troubled = summaries.filter(({ problem }) => problem !== null);
  if (summaries.length === 0)
    return {
      tone: 'unknown',
      verdict: 'No contract names a saga.',
      next: 'Where events are the steps of a saga, the contract names them, and what undoes them; then what is stuck stands here.',
      tab: 'Sagas',
    };
  if (stuck + failed > 0) {
    const parts = [
      ...(stuck > 0 ? [`${counted(stuck, 'saga')} ${stuck === 1 ? 'is' : 'are'} stuck`] : []),
      ...(failed > 0 ? [`${counted(failed, 'saga')} could not be undone`] : []),
    ];
    return {
      tone: 'failed',
      verdict: `${parts.join(', and ')}.`,
      next:
        stuck > 0
          ? 'Stuck is what is older than its limit and has not ended. See what its last step waits for; it leaves this list when its history goes on.'
          : 'A compensation failed and was not made good. Somebody has to do it by hand, or let its service try again.',
      tab: [...(stuck > 0 ? [`${stuck} stuck`] : []), ...(failed > 0 ? [`${failed} failed`] : [])].join(', '),
    };
  }
  if (troubled.length > 0)
    return {
      tone: 'different',
      verdict: `The sagas of ${listOf(troubled.map(({ contractId }) => contractId))} can’t be followed now.`,
      next: 'What stands below is as old as it says. It goes on by itself once the history can be read.',
      tab: 'not followed',
    };
  if (summaries.some(({ followedAt }) => followedAt === null))
    return {
      tone: 'unknown',
      verdict: 'The histories are still being followed to their end.',
      next: 'Until then nothing can be called stuck: what would end a saga may not have been read yet.',
      tab: 'following',
    };
  const stale = summaries.filter((each) => each.stale);
  if (stale.length > 0)
    return {
      tone: 'unknown',
      verdict: `The sagas of ${listOf(stale.map(({ contractId }) => contractId))} are not followed up to now.`,
      next: 'What stands below is as old as it says, and nothing is called stuck meanwhile. Start a worker, or look at the log of those that run.',
      tab: 'not followed',
    };
  return {
    tone: 'verified',
    verdict: `No saga is stuck, and none could not be undone; ${counted(open, 'saga')} ${open === 1 ? 'is' : 'are'} on ${open === 1 ? 'its' : 'their'} way.`,
    next: 'What grows older than its limit without ending comes to the top here, and opens an incident.',
    tab: 'none stuck',
  };
}

/** 120,000 → `2 min`. */
export function span(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** How old one is that has not ended, and how long it took where it has. */
export function ageOf(row: Pick<SagaRow, 'startedAt' | 'endedAt'>, nowMs: number): string {
  const until = row.endedAt === null ? nowMs : Date.parse(row.endedAt);
  return span(Math.max(0, until - Date.parse(row.startedAt)));
}

/** `done:pay` → `pay done`. */
export function roleWords(role: string): string {
  const [kind, step] = role.split(/:(.*)/s);
  if (kind === 'done') return `${step} done`;
  if (kind === 'undone') return `${step} undone`;
  if (kind === 'undo-failed') return `undoing ${step} failed`;
  return kind === 'completed' ? 'ended well' : 'ended, cancelled';
}

/** Which records are gone, and what that means. */
export function gapWords({ partition, kind, from, to }: Omit<SagaGapView, 'foundAt'>): string {
  const count = BigInt(to) - BigInt(from);
  const range = count === 1n ? `offset ${from}` : `offsets ${from} to ${BigInt(to) - 1n}`;
  const where = `${range} of partition ${partition}`;
  return kind === 'expired'
    ? `${counted(count, 'record')} went before it could be followed: ${where}.`
    : `${counted(count, 'record')} that had been followed ${count === 1n ? 'is' : 'are'} no longer in the log: ${where}. It was followed anew from its start; look for a broker that came back without them.`;
}
