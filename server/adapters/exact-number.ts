/**
 * An integer or decimal, as PostgreSQL or JSON writes it, as a number where JavaScript's number holds it exactly as written (trailing
 * zeros apart), else as its exact decimal text. So 388 and 12.50 compare as numbers, 9007199254740993 and
 * 0.1000000000000000055 as text, and nothing is ever rounded into equality.
 */
export function exactNumberOrText(text: string): number | string {
  const plain = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  const narrowed = Number(plain);
  if (!plain.includes('.')) return Number.isSafeInteger(narrowed) ? narrowed + 0 : plain;
  // Up to 15 significant digits survive the way through a binary double and back (IEEE 754, DBL_DIG).
  const significant = plain.replace(/^-?0*\.?0*/, '').replace('.', '').length;
  return significant <= 15 || String(narrowed) === plain ? narrowed : plain;
}
