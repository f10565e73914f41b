import { counted, formatCount, formatDuration } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { capitalised, listOf } from '@/components/ui/words.ts';
import { liveInvariantWords, trustWords } from '@/components/vocabulary/agreement-words.ts';
import type { ReplayDetail } from '@/server/application/views.ts';
import { isLeftAlone } from './left-alone.ts';

/** The answer of a replay's page: its tone, one sentence, and what to do about it. */
export type Answer = {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string | null;
  readonly tab: string;
};

export function replayAnswer(replay: ReplayDetail): Answer {
  switch (replay.status) {
    case 'finished':
      return finishedAnswer(replay);
    case 'refused':
    case 'failed':
      return {
        tone: 'failed',
        verdict: `This replay ${replay.status === 'refused' ? 'was refused' : 'failed'}, so it proves nothing.`,
        next: replay.failure?.sentence ?? null,
        tab: replay.status,
      };
    case 'cancelled':
      return {
        tone: 'unknown',
        verdict: `This replay was cancelled after ${counted(replay.eventsProcessed, 'event')}, so it proves nothing.`,
        next: 'Plan a new one when it is wanted.',
        tab: 'cancelled',
      };
    case 'awaiting-approval':
      return {
        tone: 'accent',
        verdict: 'This replay waits for approval, and nothing runs until it is given.',
        next: 'What would run is below, exactly as it would run.',
        tab: 'awaiting approval',
      };
    case 'paused':
      return {
        tone: 'unknown',
        verdict: `This replay is paused at ${progressWords(replay)}.`,
        next: 'Nothing is lost: it goes on from its last checkpoint when you resume it.',
        tab: 'paused',
      };
    default:
      if (isLeftAlone(replay)) {
        return {
          tone: 'failed',
          verdict: `No worker is alive, so this replay makes no progress: it stands at ${progressWords(replay)}.`,
          next: 'Start one (npm start does); it goes on from its last checkpoint.',
          tab: 'no worker',
        };
      }
      return {
        tone: 'accent',
        verdict: `${phaseWords[replay.status]} ${progressWords(replay)}.`,
        next:
          replay.secondsLeft === null
            ? null
            : `About ${formatDuration(replay.secondsLeft * 1000)} left at this rate.`,
        tab: replay.status,
      };
  }
}

const phaseWords: Record<string, string> = {
  queued: 'Waiting for a worker:',
  folding: 'Folding history:',
  merging: 'Merging partitions after',
  comparing: 'Comparing the derived states with history after',
  explaining: 'Looking for the events that explain the differences after',
  checking: 'Checking the invariants after',
  recording: 'Recording the evidence after',
};

function progressWords(replay: ReplayDetail): string {
  const done = formatCount(replay.eventsProcessed);
  return replay.eventEstimate === null
    ? `${done} events`
    : `${done} of ${counted(replay.eventEstimate, 'event')}`;
}

function finishedAnswer(replay: ReplayDetail): Answer {
  const differing = replay.comparisons.filter((each) => each.outcome === 'different');
  const broken = replay.comparisons.filter((each) => each.outcome === 'could-not-compare');
  const trust = trustWords(replay);
  if (replay.confidence === 'untrusted') {
    return {
      tone: 'failed',
      verdict: `The replayed state is untrusted: ${replay.confidenceReasons.map(reasonWords).join('; ')}.`,
      next: 'Don’t act on the differences below before this is settled.',
      tab: 'untrusted',
    };
  }
  if (differing.length > 0) {
    const names = listOf(differing.map((each) => each.derivedState));
    const keys = replay.discrepancies ?? 0;
    return {
      tone: 'different',
      verdict: `${capitalised(names)} ${differing.length === 1 ? 'disagrees' : 'disagree'} with history on ${counted(keys, 'key')}; ${trust}.`,
      next: nextForDifferences(replay),
      tab: `${counted(keys, 'key')} ${keys === 1 ? 'differs' : 'differ'}`,
    };
  }
  const invariant = liveInvariantWords(replay);
  if (invariant !== null) {
    const fails = invariant.outcome === 'fails';
    return {
      tone: fails ? 'different' : 'unknown',
      verdict: `${invariant.words}; ${trust}.`,
      next: fails ? 'The invariants below name the failing cases.' : 'The invariants below say why.',
      tab: fails ? 'an invariant fails' : 'an invariant not run',
    };
  }
  if (broken.length > 0) {
    return {
      tone: 'failed',
      verdict: `${capitalised(listOf(broken.map((each) => each.derivedState)))} could not be compared; ${trust}.`,
      next: broken[0]?.problem ?? null,
      tab: 'not compared',
    };
  }
  if (replay.agreement === 'behind') {
    const behind = replay.comparisons.filter((each) => each.outcome === 'behind');
    return {
      tone: 'accent',
      verdict: `${capitalised(listOf(behind.map((each) => each.derivedState)))} ${behind.length === 1 ? 'is' : 'are'} behind history and right as far as ${behind.length === 1 ? 'it has' : 'they have'} come; ${trust}.`,
      next: 'Wait until it has caught up, or look at its consumer.',
      tab: 'behind',
    };
  }
  if (replay.agreement === 'equal') {
    const trusted = replay.confidence === 'trusted';
    const part = replay.coverage?.kind === 'part' ? replay.coverage.sentence : null;
    const because = `Suspect because: ${replay.confidenceReasons.map(reasonWords).join('; ')}.`;
    return {
      tone: !trusted ? 'different' : part === null ? 'verified' : 'unknown',
      verdict: `Every derived state agrees with history; ${trust}.`,
      next: [trusted ? null : because, part].filter(Boolean).join(' ') || null,
      tab: part === null ? 'equal' : 'equal in part',
    };
  }
  return {
    tone: 'unknown',
    verdict: `No derived state was compared; ${trust}.`,
    next: 'The contract names none, or the scope covers no key of them.',
    tab: 'not compared',
  };
}

function nextForDifferences(replay: ReplayDetail): string {
  const explained = replay.explained;
  if (explained === null) return 'Open the states to see each difference.';
  if (explained.unexplained === 0 && explained.notSearched === 0) {
    return 'Unexplained: 0. Each difference has the event that accounts for it: open the states.';
  }
  const rest = explained.notSearched > 0 ? ` ${formatCount(explained.notSearched)} were not searched.` : '';
  return `Unexplained: ${formatCount(explained.unexplained)} of ${formatCount(explained.explained + explained.unexplained)}.${rest} Open the states, the unexplained ones first.`;
}

const reasons: Record<string, string> = {
  'history-missing': 'history is missing in its scope',
  'history-compacted': 'compaction has removed events in its scope',
  'not-deterministic': 'the projection gave two different results for the same history',
  quarantined: 'events are quarantined and nobody has waived them',
  'invariant-failed': 'an invariant over the replayed state failed',
  'invariant-not-run': 'an invariant could not be run',
  'conflicting-duplicate': 'one event id came with two different contents',
  'key-in-two-partitions': 'a key stands in two partitions',
  'erased-subject-changes-state': 'the projection asked for the data of an erased subject',
};

export function reasonWords(reason: string): string {
  return reasons[reason] ?? reason;
}
