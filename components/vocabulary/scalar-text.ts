import { formatCount } from '@/components/ui/format-number.ts';
import type { StateRow } from '@/server/application/views.ts';

type Scalar = StateRow['cells'][number]['fields'][number]['live'];

/** A field's value as the pages print it. */
export function scalarText(value: Scalar): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return formatCount(value, Number.isInteger(value) ? 0 : 2);
  return String(value);
}
