import { counted } from '../shared/counted.ts';
import { doubtWords, type LayerDoubts, leavesHistoryOpen } from './layer-doubts.ts';
import type { Comparison } from './types.ts';

type Compared = {
  readonly keys: number;
  readonly differing: number;
  readonly eventsBehind: number;
  readonly layerDoubts: LayerDoubts;
  readonly toleratesCompaction: boolean;
};

/** A comparison of no key agrees with anything, so it is none; nor is one with what history left open there. */
export function outcomeOf(found: Compared): Comparison['outcome'] {
  if (found.keys === 0) return 'could-not-compare';
  if (found.differing > 0) return 'different';
  if (leavesHistoryOpen(found.layerDoubts, found.toleratesCompaction)) return 'could-not-compare';
  return found.eventsBehind > 0 ? 'behind' : 'equal';
}

/** A sentence about what beyond the plan's end can't be relied on; null where all can. */
export function whatIsDoubtful(derivedState: string, found: Compared): string | null {
  const doubts = doubtWords(found.layerDoubts);
  if (doubts === null) return null;
  const isOpen = leavesHistoryOpen(found.layerDoubts, found.toleratesCompaction);
  const so = isOpen ? ', so what history says there is not certain' : '';
  const agree =
    isOpen && found.keys > 0 && found.differing === 0
      ? ` ${counted(found.keys, 'key')} ${found.keys === 1 ? 'agrees' : 'agree'} with what could be read.`
      : '';
  return `Beyond the plan's end, up to where ${derivedState} stood, ${doubts}${so}.${agree}`;
}

/** A sentence about rows that may be too many, or outside the scope; null where there are none. */
export function whatWasNotPlaced(derivedState: string, unplaced: number): string | null {
  if (unplaced === 0) return null;
  const [were, their, they] =
    unplaced === 1 ? ['was', 'its key', 'it is'] : ['were', 'their keys', 'they are'];
  return `${counted(unplaced, 'row')} of ${derivedState} ${were} not compared: the replay has no state of ${their}, and whether ${they} of a partition in scope, and so too many, only reading the other partitions tells.`;
}

/** Keys that are named; there may be a thousand. */
const named = 5;

/** A sentence about the keys of the scope that neither history nor the derived state has; null where there are none. */
export function whatWasNotCompared(
  derivedState: string,
  keysCompared: number,
  absent: readonly string[],
): string | null {
  if (absent.length === 0)
    return keysCompared > 0
      ? null
      : `Nothing was compared: neither the history of this scope nor ${derivedState} has a key.`;
  const rest = absent.length - named;
  const keys = absent.slice(0, named).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return keysCompared === 0
    ? `Nothing was compared: neither the history nor ${derivedState} has a key of this scope (${keys}).`
    : `${absent.length} of ${keysCompared + absent.length} keys of the scope are neither in the history nor in ${derivedState}: ${keys}.`;
}
