/** How long after an attempt the same failure counts as a new one. */
const newAfterMs = 10_000;
const attempts = new Map<string, number>();

/**
 * Whether a failure that came from the server without its message is worth asking for once more from the browser,
 * which is told the message. Once, since what the server can't render it can't render the second time either.
 */
export function worthAsking(digest: string | undefined, nowMs: number): boolean {
  if (digest === undefined) return false;
  const last = attempts.get(digest);
  if (last !== undefined && nowMs - last < newAfterMs) return false;
  attempts.set(digest, nowMs);
  return true;
}
