/**
 * Why what an address asks for is not clear; null where it is. Of a name that is given twice one would be left out
 * unsaid, and an answer to the other looks whole. No schema sees `__proto__`, so it is refused here.
 */
export function whyUnclear(asked: URLSearchParams): string | null {
  const names = [...asked.keys()];
  if (names.includes('__proto__')) return '"__proto__" is nothing that can be asked for.';
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? null : `${JSON.stringify(twice)} is given more than once: give it once.`;
}
