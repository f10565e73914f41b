import type { ReplaySummary } from '@/server/application/views.ts';

type Scope = ReplaySummary['scope'];

/** A scope as a few words: `everything`, `partitions 0, 3`, `12 keys`. */
export function scopeWords(scope: Scope): string {
  switch (scope.kind) {
    case 'all':
      return 'everything';
    case 'partitions':
      return `${scope.partitions.length === 1 ? 'partition' : 'partitions'} ${scope.partitions.join(', ')}`;
    case 'offsets':
      return scope.ranges.map((range) => `p${range.partition} ${range.from}–${range.to}`).join(', ');
    case 'time':
      return `${scope.from} – ${scope.to}`;
    case 'keys': {
      const [first] = scope.keys;
      return scope.keys.length === 1 && first !== undefined ? `key ${first}` : `${scope.keys.length} keys`;
    }
  }
}

/** The records that a plan waives: the first of them, and how many. */
export function waiverWords(
  waivers: readonly { readonly partition: number; readonly offset: string }[],
): string {
  const shown = waivers.slice(0, 20).map(({ partition, offset }) => `p${partition}:${offset}`);
  const more = waivers.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
