import type { Comparison } from '../../domain/reconciliation/index.ts';
import { historyStart, Places, type Plan } from '../../domain/replay/index.ts';
import type { TransactionCursor } from '../ports/history.ts';
import type { Beyond } from './key-events.ts';
import type { Phase } from './phase.ts';
import type { Covers } from './redeliveries.ts';
import type { OpenHistory } from './state-overlay.ts';
import { rowsAround } from './table-rows.ts';

/** Which events each derived state had applied when it was compared, and what of them stands beyond the plan. */
export type PositionsCompared = {
  readonly beyond: Beyond;
  readonly appliedBy: ReadonlyMap<string, Covers>;
};

export async function positionsCompared(phase: Phase, history: OpenHistory): Promise<PositionsCompared> {
  const { deps, replayId } = phase;
  const comparisons = await deps.unitOfWork.run((tx) => deps.results.comparisons(tx, replayId));
  const appliedBy = new Map<string, Covers>();
  const seen: Beyond[] = [];
  for (const { derivedState, mode, appliedPositions } of comparisons) {
    if (mode === 'settled') continue;
    const { beyond, covers } = await coveredBy(phase, history, appliedPositions);
    seen.push(beyond);
    appliedBy.set(derivedState, covers);
  }
  return { beyond: furthest(seen), appliedBy };
}

/** What a recorded position covers, and what of it stands beyond the plan. */
export async function coveredBy(
  phase: Phase,
  history: OpenHistory,
  positions: Comparison['appliedPositions'],
): Promise<{ readonly beyond: Beyond; readonly covers: Covers }> {
  const cursor = transactionCursor(positions);
  if (cursor === null) {
    const next = new Map(positions.map((each) => [each.partition, BigInt(each.next)]));
    return { beyond: { ends: next, rows: null }, covers: coversUpTo(phase.running.plan, next) };
  }
  const { behind, layer } = await rowsAround(phase, history, cursor);
  const covers: Covers = (at) => {
    const offset = Number(at.offset);
    return layer.places.has(offset) || (!behind.has(offset) && inPlan(phase, 0, offset));
  };
  return { beyond: { ends: new Map(), rows: layer }, covers };
}

/** All that any of several positions covers beyond the plan. */
export function furthest(seen: readonly Beyond[]): Beyond {
  const ends = new Map<number, bigint>();
  for (const beyond of seen) {
    for (const [partition, end] of beyond.ends)
      if (end > (ends.get(partition) ?? 0n)) ends.set(partition, end);
  }
  const rows = seen.flatMap((beyond) => (beyond.rows === null ? [] : [beyond.rows]));
  const places = Places.union(rows.map((each) => each.places));
  const bounds = rows.map((each) => each.visibleBefore).toSorted((a, b) => (a < b ? -1 : 1));
  return { ends, rows: rows.length === 0 ? null : { places, visibleBefore: bounds.at(-1) ?? 0n } };
}

/** The places before these offsets. A projector without one for a partition has applied nothing of its range. */
export function coversUpTo(plan: Plan, next: ReadonlyMap<number, bigint>): Covers {
  const startOf = new Map(plan.ranges.map((range) => [range.partition, historyStart(plan, range)]));
  return ({ partition, offset }) => BigInt(offset) < (next.get(partition) ?? startOf.get(partition) ?? 0n);
}

function inPlan({ running }: Phase, partition: number, offset: number): boolean {
  const range = running.plan.ranges.find((each) => each.partition === partition);
  return range !== undefined && BigInt(offset) < BigInt(range.to);
}

/** A cursor is recorded as `transaction id:position`. */
function transactionCursor(
  positions: readonly { readonly partition: number; readonly next: string }[],
): TransactionCursor | null {
  const [transactionId, position] = positions[0]?.next.split(':') ?? [];
  if (transactionId === undefined || position === undefined) return null;
  return { transactionId: BigInt(transactionId), position: BigInt(position) };
}
