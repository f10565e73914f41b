import { counted, formatCount } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { capitalised, listOf } from '@/components/ui/words.ts';
import { liveInvariantWords } from '@/components/vocabulary/agreement-words.ts';
import type { StatesView } from '@/server/application/views.ts';

export type Answer = {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string | null;
  readonly tab: string;
};

/** The answer of the states page, from the replay that stands for history. */
export function statesAnswer(view: StatesView): Answer {
  if (view.replay === null) {
    return {
      tone: 'unknown',
      verdict: 'No replay says yet which state is right.',
      next: 'Plan one: it reads and touches nothing live.',
      tab: 'no replay',
    };
  }
  const trust = `the replay is ${view.replay.confidence ?? 'without a verdict'}`;
  const differing = view.comparisons
    .filter((each) => each.outcome === 'different')
    .map((each) => each.derivedState);
  if (view.replay.confidence === 'untrusted') {
    return {
      tone: 'failed',
      verdict: `The replayed state is untrusted, so it can’t say which state is right; ${counted(view.keysDiffering, 'key')} ${view.keysDiffering === 1 ? 'differs' : 'differ'} from it.`,
      next: 'Open the replay to see why it is untrusted.',
      tab: 'untrusted',
    };
  }
  if (differing.length > 0) {
    return {
      tone: 'different',
      verdict: `${sentenceStart(differing)} ${differing.length === 1 ? 'disagrees' : 'disagree'} with history on ${formatCount(view.keysDiffering)} of ${counted(view.keysTotal, 'key')}; ${trust}.`,
      next:
        view.unexplained === 0
          ? 'Unexplained: 0. Each difference names the event behind it; open a key to see its whole history.'
          : `Unexplained: ${formatCount(view.unexplained)}. Open those keys first.`,
      tab: `${counted(view.keysDiffering, 'key')} ${view.keysDiffering === 1 ? 'differs' : 'differ'}`,
    };
  }
  const invariant = liveInvariantWords({
    agreement: view.replay.agreement,
    comparisons: view.comparisons,
  });
  if (invariant !== null) {
    const fails = invariant.outcome === 'fails';
    return {
      tone: fails ? 'different' : 'unknown',
      verdict: `${invariant.words}; ${trust}.`,
      next: `Open the replay: it ${fails ? 'names the failing cases' : 'says why'}.`,
      tab: fails ? 'an invariant fails' : 'an invariant not run',
    };
  }
  const failed = view.comparisons.filter((each) => each.outcome === 'could-not-compare');
  if (failed.length > 0) {
    return {
      tone: 'failed',
      verdict: `${sentenceStart(failed.map((each) => each.derivedState))} could not be compared with history.`,
      next: failed[0]?.problem ?? null,
      tab: 'not compared',
    };
  }
  if (view.comparisons.length === 0) {
    return {
      tone: 'unknown',
      verdict: 'No derived state was compared.',
      next: 'Open the replay to see why.',
      tab: 'not compared',
    };
  }
  const behind = view.comparisons
    .filter((each) => each.outcome === 'behind')
    .map((each) => each.derivedState);
  if (behind.length > 0) {
    return {
      tone: 'accent',
      verdict: `${sentenceStart(behind)} ${behind.length === 1 ? 'was' : 'were'} behind, and right as far as applied; ${trust}.`,
      next: 'Wait until it has caught up, then replay again.',
      tab: 'behind',
    };
  }
  return {
    tone: view.replay.confidence === 'trusted' ? 'verified' : 'different',
    verdict: `Every derived state agreed with history on all ${counted(view.keysTotal, 'key')}; ${trust}.`,
    next: null,
    tab: 'equal',
  };
}

const sentenceStart = (names: readonly string[]): string => capitalised(listOf(names));
