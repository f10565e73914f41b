import { formatCount } from '@/components/ui/format-number.ts';
import type { ReplayDetail } from '@/server/application/views.ts';

/** The first keys that violate an invariant, and how many more do. Keys that were erased are among these. */
export function failingWords({
  failingKeys,
  failing,
}: Pick<ReplayDetail['invariants'][number], 'failingKeys' | 'failing'>): string {
  const named = failingKeys.slice(0, 5);
  const more = failing - named.length;
  if (named.length === 0) return `${formatCount(more)}, whose keys are not kept`;
  return `${named.join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
}
