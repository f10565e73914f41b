import { counted, formatCount } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { listOf } from '@/components/ui/words.ts';
import { liveInvariantWords } from '@/components/vocabulary/agreement-words.ts';
import type { ReplayComparison } from '@/server/application/views.ts';
import type { Answer } from './replay-sentence.ts';

/** What two replays say together: whether they read the same, made the same of it, and what became of the differences. */
export function compareAnswer(view: ReplayComparison): Answer {
  const { before, after } = view;
  if (before.contractId !== after.contractId) {
    return {
      tone: 'unknown',
      verdict: 'These replays are of two contracts, so nothing of one says anything of the other.',
      next: 'Go back and select two of one contract.',
      tab: 'two contracts',
    };
  }
  const unfinished = [before, after].find((each) => each.status !== 'finished');
  if (unfinished !== undefined) {
    return {
      tone: 'unknown',
      verdict: `Only the plans can be compared: one of the two is ${unfinished.status.replace('-', ' ')}.`,
      next: null,
      tab: 'plans only',
    };
  }
  const alike = view.planChanges.length === 0;
  if (alike && before.shadowDigest !== after.shadowDigest) {
    return {
      tone: 'failed',
      verdict: 'The same plan gave two different states.',
      next: 'Trust neither: the history or the projection is not what it was. Compare the history digests below.',
      tab: 'not reproduced',
    };
  }
  const read = alike ? 'Both read the same history and came to the same state' : planWords(view);
  return differences(view, read);
}

function planWords(view: ReplayComparison): string {
  const same = view.before.shadowDigest === view.after.shadowDigest;
  return `Their plans differ in ${counted(view.planChanges.length, 'point')} and their states are ${same ? 'the same' : 'not the same'}`;
}

function differences(view: ReplayComparison, read: string): Answer {
  const found = view.discrepancies;
  const doubts = doubtsOf(view);
  const say = (words: string) => `${[read, words, ...doubts.map((each) => each.words)].join('; ')}.`;
  if (found === null) {
    return {
      tone: gravest('unknown', doubts),
      verdict: say('their differences can’t be compared key by key'),
      next: null,
      tab: 'compared',
    };
  }
  const { settled, notComparedAnyMore, appeared, notComparedBefore, changed, same } = found;
  const moved = settled + notComparedAnyMore + appeared + notComparedBefore + changed;
  const stands = appeared + notComparedBefore + changed + same > 0;
  if (moved + same === 0 && statesOf(view).length === 0) {
    return {
      tone: gravest('unknown', doubts),
      verdict: say('no derived state was compared by either replay'),
      next: null,
      tab: 'not compared',
    };
  }
  const tone = gravest(stands ? 'different' : notComparedAnyMore > 0 ? 'unknown' : 'verified', doubts);
  const untrusted = tone === 'failed';
  return {
    tone,
    verdict: say(moved === 0 ? unmovedWords(same, doubts.length > 0) : movedWords(found)),
    next: untrusted
      ? 'An untrusted replay can’t say which state is right: open it to see why.'
      : appeared + changed > 0
        ? 'Below: the keys whose difference is new or another one.'
        : notComparedAnyMore > 0
          ? 'Nothing is known any more of what the newer replay did not compare: plan one that compares it.'
          : moved === 0 && same > 0
            ? 'Nothing was corrected between the two.'
            : null,
    tab: untrusted ? 'untrusted' : tabOf(found),
  };
}

type Found = NonNullable<ReplayComparison['discrepancies']>;

function unmovedWords(same: number, doubtful: boolean): string {
  if (same > 0) return `the same ${counted(same, 'difference')} ${same === 1 ? 'stands' : 'stand'}`;
  return doubtful ? 'no difference is recorded in either' : 'no derived state differs in either';
}

/** The first part names what is counted. */
function movedWords({
  settled,
  notComparedAnyMore,
  appeared,
  notComparedBefore,
  changed,
  same,
}: Found): string {
  const parts = [
    [settled, 'settled'],
    [notComparedAnyMore, 'not compared any more'],
    [appeared, 'new'],
    [notComparedBefore, 'where nothing was compared before'],
    [changed, 'with other figures'],
    [same, 'unchanged'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, words], at) => `${at === 0 ? counted(count, 'difference') : formatCount(count)} ${words}`)
    .join(', ');
}

function tabOf({ settled, notComparedAnyMore, appeared, notComparedBefore, changed }: Found): string {
  const fresh = appeared + notComparedBefore + changed;
  if (settled + notComparedAnyMore + fresh === 0) return 'no change';
  const unread = notComparedAnyMore > 0 ? `${formatCount(notComparedAnyMore)} not compared any more` : null;
  if (unread !== null && settled + fresh === 0) return unread;
  return [`${formatCount(settled)} settled`, unread, `${formatCount(fresh)} new`]
    .filter((part) => part !== null)
    .join(', ');
}

type Doubt = { readonly tone: Tone; readonly words: string };

/** The gravest first. */
const tones: readonly Tone[] = ['failed', 'different', 'unknown'];

const gravest = (own: Tone, doubts: readonly Doubt[]): Tone =>
  tones.find((tone) => tone === own || doubts.some((each) => each.tone === tone)) ?? own;

/**
 * Why what the two say is no proof: states that were not compared, invariants over live stores that do not hold or gave
 * no answer, part of the history, a replay without trust.
 */
function doubtsOf(view: ReplayComparison): readonly Doubt[] {
  const { before, after } = view;
  const confidences = [...new Set([before.confidence, after.confidence])].filter(
    (each) => each !== 'trusted',
  );
  const states = statesOf(view);
  const unread = (replay: Replay) => states.filter((name) => !hasCompared(replay, name));
  return [
    ...unreadWords(unread(before), unread(after)).map((words): Doubt => ({ tone: 'unknown', words })),
    ...invariantDoubts(view),
    ...sideWords(view, (each) => each.coverage?.kind === 'part', ['covers', 'cover']).map(
      (words): Doubt => ({ tone: 'unknown', words: `${words} only part of the history` }),
    ),
    ...confidences.flatMap((confidence) =>
      sideWords(view, (each) => each.confidence === confidence, ['is', 'are']).map(
        (words): Doubt => ({
          tone: confidence === 'untrusted' ? 'failed' : 'different',
          words: `${words} ${confidence ?? 'without a verdict'}`,
        }),
      ),
    ),
  ];
}

function invariantDoubts(view: ReplayComparison): readonly Doubt[] {
  const invariant = 'an invariant over a live store';
  const found = `found that ${invariant} does not hold`;
  const unrun = `could not run ${invariant}`;
  return [
    ...sideWords(view, (each) => liveInvariantWords(each)?.outcome === 'fails', [found, found]).map(
      (words): Doubt => ({ tone: 'different', words }),
    ),
    ...sideWords(view, (each) => liveInvariantWords(each)?.outcome === 'could-not-run', [unrun, unrun]).map(
      (words): Doubt => ({ tone: 'unknown', words }),
    ),
  ];
}

type Replay = ReplayComparison['before'];

/** Which of the two are like this, with the verb; none where neither is. */
function sideWords(
  { before, after }: ReplayComparison,
  isSo: (replay: Replay) => boolean,
  [one, both]: readonly [string, string],
): readonly string[] {
  if (isSo(before) && isSo(after)) return [`both replays ${both}`];
  if (isSo(before)) return [`the older replay ${one}`];
  return isSo(after) ? [`the newer replay ${one}`] : [];
}

/** What either of the two has compared, or has tried to. */
const statesOf = ({ before, after }: ReplayComparison): readonly string[] =>
  [
    ...new Set([before, after].flatMap(({ comparisons }) => comparisons.map((each) => each.derivedState))),
  ].toSorted();

const hasCompared = ({ comparisons }: Replay, name: string): boolean =>
  comparisons.some((each) => each.derivedState === name && each.outcome !== 'could-not-compare');

function unreadWords(before: readonly string[], after: readonly string[]): readonly string[] {
  const sides = [
    ['the older replay', before.filter((name) => !after.includes(name))],
    ['the newer replay', after.filter((name) => !before.includes(name))],
    ['either replay', before.filter((name) => after.includes(name))],
  ] as const;
  return sides.flatMap(([side, names]) =>
    names.length === 0
      ? []
      : [`${listOf(names)} ${names.length === 1 ? 'was' : 'were'} not compared by ${side}`],
  );
}
