import type { Comparison } from './types.ts';

/** A comparison of no key agrees with anything, so it is none. */
export function outcomeOf(found: {
  readonly keys: number;
  readonly differing: number;
  readonly eventsBehind: number;
}): Comparison['outcome'] {
  if (found.keys === 0) return 'could-not-compare';
  if (found.differing > 0) return 'different';
  return found.eventsBehind > 0 ? 'behind' : 'equal';
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
