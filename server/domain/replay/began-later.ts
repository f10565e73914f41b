import type { Plan } from './plan-types.ts';

/** Partitions that a sentence names. */
const named = 3;

/**
 * Where a fold began later than its history did, as a sentence; null where it began with the first event. A topic's
 * first offset is 0, so a range that starts later without a base has nothing of what stood before it.
 */
export function whatBeganLater({
  history,
  ranges,
  base,
}: {
  readonly history: Pick<Plan['history'], 'kind'>;
  readonly ranges: readonly Pick<Plan['ranges'][number], 'partition' | 'from'>[];
  readonly base: Plan['base'];
}): string | null {
  if (history.kind !== 'kafka' || base !== null) return null;
  const late = ranges.filter((range) => range.from !== '0');
  if (late.length === 0) return null;
  const first = late.slice(0, named).map(({ partition, from }) => `partition ${partition} at offset ${from}`);
  const more = late.length > named ? ` and ${late.length - named} more` : '';
  return `The fold began after events that are gone: ${first.join(', ')}${more}.`;
}
