import { diffPlans } from '../../domain/replay/index.ts';
import type { PageReads, ReplayComparison, ReplayDetail } from '../ports/page-reads.ts';

/** Joining more discrepancies than this would take longer than a page may. */
const JOINED_AT_MOST = 200_000;
const ROWS = 100;

type Reads = Pick<PageReads, 'replay' | 'discrepancyChanges'>;

/** Plan against plan and result against result, the older replay first; null where one of the two does not exist. */
export async function compareReplays(
  reads: Reads,
  one: string,
  other: string,
): Promise<ReplayComparison | null> {
  const found = await Promise.all([reads.replay(one), reads.replay(other)]);
  const [before, after] = found
    .filter((each) => each !== null)
    .toSorted((a, b) => a.requestedAt.localeCompare(b.requestedAt) || a.id.localeCompare(b.id));
  if (before === undefined || after === undefined) return null;
  return {
    before,
    after,
    planChanges: before.plan === null || after.plan === null ? [] : diffPlans(before.plan, after.plan),
    discrepancies: comparable(before, after)
      ? await reads.discrepancyChanges(before.id, after.id, ROWS)
      : null,
  };
}

function comparable(before: ReplayDetail, after: ReplayDetail): boolean {
  const counts = [before.discrepancies, after.discrepancies];
  return (
    before.contractId === after.contractId &&
    counts.every((count) => count !== null && count <= JOINED_AT_MOST)
  );
}
