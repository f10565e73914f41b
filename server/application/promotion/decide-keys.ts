import { standingOf, type Write } from '../../domain/promotion/index.ts';
import type { LiveRow } from '../ports/derived-state.ts';
import type { Decided } from '../ports/promotion-target.ts';
import type { ChangeOutcome, ChangeRow, PromotionOutcome } from '../ports/promotions.ts';
import type { Expected } from './expected-at.ts';

/** What the target keeps of a promotion, so that whoever comes next knows how it went. */
export type TargetOutcome = {
  readonly positions: PromotionOutcome['positions'];
  readonly keys: readonly ChangeOutcome[];
};

/** Judges each approved key where it is locked, and gives what is to be written. */
export function decideKeys(
  changes: readonly ChangeRow[],
  rows: ReadonlyMap<string, LiveRow['fields']>,
  expected: {
    readonly positions: PromotionOutcome['positions'];
    readonly rows: ReadonlyMap<string, Expected>;
  },
): Decided {
  const writes: Write[] = [];
  const keys: ChangeOutcome[] = [];
  for (const change of changes) {
    const { key } = change;
    const live = rows.get(key) ?? null;
    const wanted = expected.rows.get(key) ?? { fields: null };
    const standing =
      'why' in wanted
        ? ({ outcome: 'changed', why: wanted.why } as const)
        : standingOf(change, wanted.fields, live);
    if (standing.outcome === 'written') {
      const { write } = standing;
      writes.push(write);
      const after = write.kind === 'delete' ? null : { ...live, ...write.fields };
      keys.push({ key, outcome: 'written', why: null, before: live, after });
    } else {
      const why = standing.outcome === 'changed' ? standing.why : null;
      keys.push({ key, outcome: standing.outcome, why, before: live, after: live });
    }
  }
  const outcome: TargetOutcome = { positions: expected.positions, keys };
  return { writes, outcome };
}
