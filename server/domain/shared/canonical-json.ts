import canonicalize from 'canonicalize';

/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON in the one form that can be hashed: RFC 8785 (JCS).
 * Throws a TypeError for what JSON can't carry (undefined at the top, functions, NaN), since a hash over a
 * silently dropped value would prove the wrong thing.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('the value has no JSON form');
  return text;
}

/** Whether a JSON text is the canonical form of the value that it was read as. */
export function isCanonical(value: unknown, text: string): boolean {
  try {
    return canonicalJson(value) === text;
  } catch {
    return false;
  }
}
