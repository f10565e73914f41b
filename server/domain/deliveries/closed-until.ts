/**
 * Until when a partition is read without a gap. A transaction that is open keeps back whatever was written after it
 * began, so where one is always open the end of a log is never reached; but each end that it had once is. So an end is
 * marked with its moment, and is waited for: once it is passed, nothing that was written before that moment is unread.
 * No producer's clock is believed for it.
 */
export type Closing = {
  /** Everything that was written until then has been read. null: that is not known yet. */
  readonly closedUntil: Date | null;
  /** An end that the log had, and has to be read to. */
  readonly mark: { readonly at: Date; readonly end: bigint } | null;
};

export const notClosed: Closing = { closedUntil: null, mark: null };

/** `end` is the log's own end with what may not be read yet, looked at no earlier than `at`. */
export function closeUntil(
  before: Closing,
  { at, end, readTo }: { readonly at: Date; readonly end: bigint; readonly readTo: bigint },
): Closing {
  if (readTo >= end) return { closedUntil: at, mark: null };
  const { mark } = before;
  // An end beyond the log's own: the log was cut off, and what is waited for is gone.
  if (mark === null || mark.end > end) return { ...before, mark: { at, end } };
  return readTo >= mark.end ? { closedUntil: mark.at, mark: { at, end } } : before;
}

/** Until when every partition is closed; null where that is not known of one. */
export function closedOverAll(closings: readonly Closing[]): Date | null {
  const times = closings.map(({ closedUntil }) => closedUntil?.getTime() ?? null);
  const known = times.filter((time) => time !== null);
  return known.length < times.length || known.length === 0 ? null : new Date(Math.min(...known));
}
