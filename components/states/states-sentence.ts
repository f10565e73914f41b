import { counted, formatCount } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { capitalised, listOf } from '@/components/ui/words.ts';
import { liveInvariantWords, trustWords } from '@/components/vocabulary/agreement-words.ts';
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
  const unfinished = unfinishedAnswer(view.replay.status);
  if (unfinished !== null) return unfinished;
  const trust = trustWords(view.replay);
  const differing = view.comparisons
    .filter((each) => each.outcome === 'different')
    .map((each) => each.derivedState);
  if (view.replay.confidence === 'untrusted') {
    return untrustedAnswer(
      `${counted(view.keysDiffering, 'key')} ${view.keysDiffering === 1 ? 'differs' : 'differ'} from it`,
    );
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
  const inPart = view.replay.coverage?.kind === 'part';
  return {
    tone: view.replay.confidence !== 'trusted' ? 'different' : inPart ? 'unknown' : 'verified',
    verdict: `Every derived state agreed with history on all ${counted(view.keysTotal, 'key')}; ${trust}.`,
    next: inPart ? (view.replay.coverage?.sentence ?? null) : null,
    tab: inPart ? 'equal in part' : 'equal',
  };
}

/** Of a replay that came to no result: it speaks for history nowhere. null where it did. */
export function unfinishedAnswer(status: Status): Answer | null {
  const ending = unfinishedWords(status);
  if (ending === null) return null;
  return {
    tone: ending.tone,
    verdict: `The replay ${ending.words}, so it does not say${ending.ended ? '' : ' yet'} which state is right.`,
    next: ending.ended ? 'Open the replay to see why.' : 'Open the replay to see how far it has come.',
    tab: status.replaceAll('-', ' '),
  };
}

/** What an untrusted replay differs from is nothing that any state must equal. `found`: a clause. */
export function untrustedAnswer(found: string): Answer {
  return {
    tone: 'failed',
    verdict: `The replayed state is untrusted, so it can’t say which state is right; ${found}.`,
    next: 'Open the replay to see why it is untrusted.',
    tab: 'untrusted',
  };
}

/** What is said where no key with a difference is listed: agreement only where every state was compared and is equal. */
export function noDifference(view: StatesView): { readonly title: string; readonly text: string } {
  const title = 'No difference is recorded.';
  const ending = view.replay === null ? null : unfinishedWords(view.replay.status);
  if (ending !== null)
    return {
      title,
      text: `The replay ${ending.words}: which keys agree is not known${ending.ended ? '' : ' yet'}.`,
    };
  const outcomeOf = (name: string) =>
    view.comparisons.find((each) => each.derivedState === name)?.outcome ?? 'could-not-compare';
  const names = view.fields.map((each) => each.derivedState);
  const of = (outcome: ReturnType<typeof outcomeOf>) => names.filter((name) => outcomeOf(name) === outcome);
  const [equal, behind, unread] = [of('equal'), of('behind'), of('could-not-compare')];
  if (equal.length === 0 && behind.length === 0 && view.comparisons.length === 0)
    return { title, text: 'No derived state was compared.' };
  const trusted = view.replay?.confidence === 'trusted';
  const truth = trusted ? 'history' : 'the replayed state';
  if (view.keysTotal === 0 && unread.length === 0)
    return {
      title: 'No key was compared.',
      text: 'Neither history nor a derived state holds one in the scope of this replay.',
    };
  if (equal.length === names.length)
    return {
      title: 'No differences.',
      text: `All ${counted(view.keysTotal, 'key')} agree with ${truth} in every derived state${reserve(view.replay)}.`,
    };
  const was = (those: readonly string[]) => `${listOf(those)} ${those.length === 1 ? 'was' : 'were'}`;
  const clauses = [
    ...(equal.length === 0
      ? []
      : [`${listOf(equal)} ${equal.length === 1 ? 'agrees' : 'agree'} with ${truth}`]),
    ...(behind.length === 0 ? [] : [`${was(behind)} behind, and right as far as applied`]),
    ...(unread.length === 0 ? [] : [`${was(unread)} not compared`]),
  ];
  return { title, text: `${capitalised(clauses.join('; '))}.` };
}

/** That the state whose differences are asked for was not compared, so that none are known; null where it was. */
export function notComparedWords(view: StatesView, derivedState: string | null): string | null {
  if (derivedState === null) return null;
  const outcome = view.comparisons.find((each) => each.derivedState === derivedState)?.outcome;
  return outcome === undefined || outcome === 'could-not-compare'
    ? `${capitalised(derivedState)} was not compared, so no difference of it is known.`
    : null;
}

/** What keeps agreement from being proof; nothing where nothing does. */
function reserve(replay: StatesView['replay']): string {
  if (replay === null) return '; the replay is without a verdict';
  if (replay.confidence !== 'trusted') return `; ${trustWords(replay)}`;
  return replay.coverage?.kind === 'part' ? '; the replay covers only part of the history' : '';
}

type Status = NonNullable<StatesView['replay']>['status'];
type Unfinished = { readonly words: string; readonly tone: Tone; readonly ended: boolean };

/** How a replay stands that came to no result; null where it did. */
function unfinishedWords(status: Status): Unfinished | null {
  switch (status) {
    case 'finished':
      return null;
    case 'failed':
      return { words: 'failed', tone: 'failed', ended: true };
    case 'refused':
      return { words: 'was refused', tone: 'failed', ended: true };
    case 'cancelled':
      return { words: 'was cancelled', tone: 'unknown', ended: true };
    default:
      return { words: 'has not finished', tone: 'accent', ended: false };
  }
}

const sentenceStart = (names: readonly string[]): string => capitalised(listOf(names));
