/** A letter or digit, of any script. */
const ofWord = /[\p{L}\p{N}]/u;

/**
 * Whether a text holds one of these keys: as it is, and with no letter or digit right before or after it, so that the
 * key 12 is not found in 2012. Where it stands in a longer word it is another word.
 */
export function namesKey(text: string, keys: Iterable<string>): boolean {
  for (const key of keys) {
    for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1))
      if (!touches(text, key, at)) return true;
  }
  return false;
}

function touches(text: string, key: string, at: number): boolean {
  // By code points: a letter beyond the basic plane is two units.
  const before = Array.from(text.slice(Math.max(0, at - 2), at)).at(-1) ?? '';
  const after = Array.from(text.slice(at + key.length, at + key.length + 2))[0] ?? '';
  const [first = '', last = ''] = [Array.from(key)[0], Array.from(key).at(-1)];
  return (ofWord.test(before) && ofWord.test(first)) || (ofWord.test(after) && ofWord.test(last));
}

/** Whether any text within a JSON value, or the name of any member, holds one of these keys. */
export function valueNamesKey(value: unknown, keys: ReadonlySet<string>): boolean {
  if (typeof value === 'string') return namesKey(value, keys);
  if (Array.isArray(value)) return value.some((each) => valueNamesKey(each, keys));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, each]) => namesKey(name, keys) || valueNamesKey(each, keys));
}

/** The same of a text that should be JSON, and may be cut or damaged: then it is searched as it is. */
export function textNamesKey(text: string, keys: ReadonlySet<string>): boolean {
  try {
    return valueNamesKey(JSON.parse(text), keys);
  } catch {
    return namesKey(text, keys);
  }
}
