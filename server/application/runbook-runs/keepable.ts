/** PostgreSQL keeps neither NUL nor half of a surrogate pair, as text or jsonb; with `u`, a whole pair is one character. */
const unkeepable = /[\0\ud800-\udfff]/gu;

/** Plain data with each character that can't be kept as its code, `\u0000`, and how many there were. */
export function escaped<T>(value: T): { readonly value: T; readonly count: number } {
  let count = 0;
  const ofText = (text: string) =>
    text.replace(unkeepable, (found) => {
      count += 1;
      return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
  const of = (each: unknown): unknown => {
    if (typeof each === 'string') return ofText(each);
    if (Array.isArray(each)) return each.map(of);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([name, inner]) => [ofText(name), of(inner)]));
  };
  return { value: of(value) as T, count };
}

export const keepable = <T>(value: T): T => escaped(value).value;
