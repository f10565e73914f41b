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
    planChanges: planChanges(before, after),
    discrepancies: comparable(before, after)
      ? await reads.discrepancyChanges(before.id, after.id, ROWS)
      : null,
  };
}

/** Plans without their keys may look alike and not be. */
function planChanges(before: ReplayDetail, after: ReplayDetail): readonly string[] {
  if (before.plan === null || after.plan === null) return [];
  const changes = diffPlans(before.plan, after.plan);
  if (!before.planErased && !after.planErased) return changes;
  return [...changes, 'Keys of a scope were erased, so whether the two scopes are alike can’t be said.'];
}

function comparable(before: ReplayDetail, after: ReplayDetail): boolean {
  const counts = [before.discrepancies, after.discrepancies];
  return (
    before.contractId === after.contractId &&
    // What is gone would read as settled.
    ![before, after].some(({ erasures }) => erasures.some(({ unusable }) => unusable)) &&
    counts.every((count) => count !== null && count <= JOINED_AT_MOST)
  );
}
