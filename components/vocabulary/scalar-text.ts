import { formatDecimal } from '@/components/ui/format-number.ts';
import type { StateRow } from '@/server/application/views.ts';
import { decimalOf, differenceOf } from '@/server/domain/shared/decimals.ts';

type Scalar = StateRow['cells'][number]['fields'][number]['live'];

/** Longer than any amount: only a double far from 1 has so many digits, and is shorter with its exponent. */
const longest = 40;

/** A field's value as the pages print it: every digit of it, since what is rounded may hide the very difference. */
export function scalarText(value: Scalar): string {
  // Text may be a name made of digits, so its digits are not grouped.
  if (typeof value !== 'number') return String(value);
  const digits = decimalOf(value);
  return digits === null || digits.length > longest ? String(value) : formatDecimal(digits);
}

/**
 * What `of` is more than `from`, with its sign: `+8`, `−0.3`, `±0`. Taken from the two values as they are shown, and
 * not from a delta that was worked out in binary. Null where either is no figure, or it is too long to be read.
 */
export function deltaText(of: Scalar, from: Scalar): string | null {
  const difference = differenceOf(of, from);
  if (difference === null || difference.length > longest) return null;
  if (difference === '0') return '±0';
  return `${difference.startsWith('-') ? '' : '+'}${formatDecimal(difference)}`;
}
