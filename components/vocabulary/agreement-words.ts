import { listOf } from '@/components/ui/words.ts';
import type { ReplaySummary } from '@/server/application/views.ts';

type Compared = {
  readonly agreement: ReplaySummary['agreement'];
  readonly comparisons: readonly {
    readonly derivedState: string;
    readonly outcome: 'equal' | 'behind' | 'different' | 'could-not-compare';
  }[];
};

/** What a replay's word is worth: whether it is trusted, and of how much it speaks. A clause. */
export function trustWords({ confidence, coverage }: Pick<ReplaySummary, 'confidence' | 'coverage'>): string {
  const part = coverage?.kind === 'part' ? ' and covers only part of the history' : '';
  return `the replay is ${confidence ?? 'without a verdict'}${part}`;
}

export type InvariantWords = {
  readonly outcome: 'fails' | 'could-not-run';
  /** A clause without its full stop. */
  readonly words: string;
};

/**
 * Where no comparison accounts for the agreement, an invariant over a live store does: it fails, or gave no answer.
 * null where the comparisons say all of it.
 */
export function liveInvariantWords({ agreement, comparisons }: Compared): InvariantWords | null {
  const has = (outcome: Compared['comparisons'][number]['outcome']) =>
    comparisons.some((each) => each.outcome === outcome);
  if (agreement === 'different' && !has('different'))
    return {
      outcome: 'fails',
      words: `An invariant over a live store does not hold${besides(comparisons)}`,
    };
  if (agreement === 'not-compared' && comparisons.length > 0 && !has('could-not-compare'))
    return {
      outcome: 'could-not-run',
      words: `An invariant over a live store could not be run${besides(comparisons)}`,
    };
  return null;
}

function besides(comparisons: Compared['comparisons']): string {
  const unread = comparisons.filter((each) => each.outcome === 'could-not-compare');
  if (unread.length === comparisons.length) return ', and no derived state was compared';
  const behind = comparisons.some((each) => each.outcome === 'behind');
  const agreed = `, though every compared key agrees with history${behind ? ' as far as it was applied' : ''}`;
  return unread.length === 0
    ? agreed
    : `${agreed}; ${listOf(unread.map((each) => each.derivedState))} could not be compared`;
}
