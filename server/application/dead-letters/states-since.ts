import type { LetterReads } from '../ports/dead-letters.ts';
import type { Correction } from '../ports/redrives.ts';
import { namedCorrections } from '../replay/beside-history.ts';

export type StateSince = {
  readonly derivedState: string;
  /** 'differs': at its key, and nothing says that it is by this event. */
  readonly standing: 'missing' | 'differs' | 'agrees' | 'not-known';
  readonly sentence: string;
};

type Compared = Awaited<ReturnType<LetterReads['comparedAt']>>[number];

/**
 * Those that a replay has still to find. Where a comparison that was asked for later than a state had reprocessed one
 * finds the state to agree at the key, the correction stands in the history by then.
 */
export function stillBeside<T extends Pick<Correction, 'derivedState' | 'at'>>(
  corrections: readonly T[],
  rows: readonly Compared[],
  requestedAt: string,
): readonly T[] {
  return corrections.filter(
    ({ derivedState, at }) =>
      at > requestedAt || !rows.some((row) => row.derivedState === derivedState && agrees(row)),
  );
}

const agrees = ({ isCompared, isInScope, differs }: Compared) => isCompared && isInScope && !differs;

/** What the newest comparison says of a state at the letter's key, and what it can't know. */
export function stateSince(
  derivedState: string,
  row: Compared | undefined,
  beside: readonly Correction[],
): StateSince {
  const { standing, sentence } = found(row, beside.length > 0);
  return { derivedState, standing, sentence: withBeside(sentence, beside) };
}

/** A sentence about a state, and the edited events that its history did not get. */
export function withBeside(sentence: string, beside: readonly Correction[]): string {
  return beside.length === 0
    ? sentence
    : `${sentence} It has reprocessed what did not go into the history, ${namedCorrections(beside)}: a replay finds it different until the correction stands in the history too.`;
}

function found(row: Compared | undefined, isBeside: boolean): Omit<StateSince, 'derivedState'> {
  if (row === undefined || !row.isCompared)
    return { standing: 'not-known', sentence: 'The newest comparison did not compare it.' };
  if (row.isExplained)
    return { standing: 'missing', sentence: 'It differs at the key, and this event accounts for it.' };
  if (row.differs)
    return {
      standing: 'differs',
      sentence: isBeside
        ? 'It differs at the key.'
        : 'It differs at the key, and nothing says that it is by this event.',
    };
  if (!row.isInScope)
    return { standing: 'not-known', sentence: 'The newest comparison did not replay the key.' };
  return isBeside
    ? { standing: 'not-known', sentence: 'It agreed with the history at the key when that was compared.' }
    : { standing: 'agrees', sentence: 'It agrees with the history at the key.' };
}
