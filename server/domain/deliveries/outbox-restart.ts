/** What tells an outbox from one whose positions have begun again, in one look at it. */
export type OutboxEdge = {
  /** The lowest position that stands there, and when its row was written; null: it is empty. */
  readonly lowest: { readonly position: bigint; readonly at: Date } | null;
  /** Changes where a table is truncated, and also where it is rewritten with the rows that it has. '': not known. */
  readonly fileNode: string;
};

export type OutboxLookedAt = OutboxEdge & {
  /** Read up to here. */
  readonly top: bigint;
  /** No row may appear at or below it. */
  readonly settled: bigint;
  readonly readAt: Date;
};

/**
 * Whether positions have begun again since the last look (TRUNCATE … RESTART IDENTITY, or a sequence that was set
 * back): then rows stand below what was read, and would be taken for those of before. A row that commits late also
 * appears below what was read, and is none of it.
 */
export function hasRestarted(before: OutboxLookedAt, { lowest, fileNode }: OutboxEdge): boolean {
  if (before.fileNode === '' || lowest === null || lowest.position > before.top) return false;
  const was = before.lowest;
  if (was !== null && lowest.position === was.position && lowest.at.getTime() !== was.at.getTime())
    return true;
  const isOtherFile = fileNode !== before.fileNode;
  const isBelow = was === null || lowest.position < was.position;
  if (isBelow && (isOtherFile || lowest.position <= before.settled)) return true;
  return isOtherFile && lowest.at.getTime() > before.readAt.getTime();
}
