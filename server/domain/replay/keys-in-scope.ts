import type { Scope } from './scope.ts';

/** What of a plan says which keys its replay holds; a record carries it too. */
export type KeysInScope = {
  readonly scope: { readonly kind: Scope['kind'] };
  /** How many partitions it reads: a record may list only the first of them. */
  readonly ranges: { readonly length: number };
  readonly history: { readonly partitionCount: number };
};

/**
 * Why a replay by this plan holds only part of the keys, so that it can't answer what is asked of all of them
 * together; null where it holds every key. A partition that is not read counts as holding keys: the plan does not
 * say that it is empty.
 */
export function whyPartOfTheKeys({ scope, ranges, history }: KeysInScope): string | null {
  if (scope.kind === 'keys') return 'The scope is by keys, and the others are not in the replayed state.';
  if (ranges.length < history.partitionCount)
    return `The scope reads ${ranges.length} of ${history.partitionCount} partitions, and keys of the others are not in the replayed state.`;
  return null;
}
