/** The record after or before `from` in a list; the first where nothing is chosen yet; null at the list's end. */
export function peekStep(ids: readonly string[], from: string | null, by: 1 | -1): string | null {
  const at = from === null ? -1 : ids.indexOf(from);
  return (at === -1 ? ids[0] : ids[at + by]) ?? null;
}
