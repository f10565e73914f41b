import type { EngineContract, Scalar } from '../../domain/contract/index.ts';
import {
  type Comparison,
  type Explanation,
  expectedOrNull,
  type FieldDifference,
} from '../../domain/reconciliation/index.ts';
import type { KeyRow, KeyStanding, Standing, StateRow, TraceStep } from '../ports/page-reads.ts';

/**
 * A key as the states page shows it: what history says at the replay's end, and one cell a derived state. What a
 * discrepancy does not name was found equal where the state was compared. Only if history says the same there as at
 * its end is that figure known; of any other position it is not kept, so the field is left out.
 */
export function toStateRow(
  row: KeyRow,
  contract: EngineContract,
  comparisons: readonly Comparison[],
  historyEnd: Standing['historyEnd'],
): StateRow {
  const history = new Map<string, Scalar>();
  const cells = Object.entries(contract.derivedStates).map(([derivedState, definition]) => {
    const expected = row.partition === null ? null : expectedOrNull(definition, row.state);
    for (const [field, value] of Object.entries(expected ?? {})) {
      if (!history.has(field)) history.set(field, value);
    }
    const found = row.discrepancies.find((each) => each.derivedState === derivedState);
    const comparison = comparisons.find((each) => each.derivedState === derivedState);
    const compared = comparison !== undefined && comparison.outcome !== 'could-not-compare';
    const standing = compared ? standingOf(row, comparison, historyEnd) : 'at-end';
    return {
      derivedState,
      kind: found?.kind ?? (compared ? 'equal' : 'not-compared'),
      standing,
      fields: Object.keys(definition.fields).flatMap((field) => {
        const named = found?.fields.find((each) => each.field === field);
        if (named !== undefined) return [named];
        return compared && standing === 'at-end' ? [equalField(field, expected?.[field] ?? null)] : [];
      }),
      explanation: found?.explanation ?? null,
    } satisfies StateRow['cells'][number];
  });
  return {
    key: row.key,
    differs: row.discrepancies.length > 0,
    magnitude: row.magnitude,
    history: [...history].map(([field, value]) => ({ field, value })),
    cells,
  };
}

function equalField(field: string, history: Scalar): FieldDifference {
  return { field, history, live: history, delta: typeof history === 'number' ? 0 : null };
}

/** In doubt the key counts as standing elsewhere: no figure is better than one that the store never held. */
function standingOf(
  row: Pick<KeyRow, 'partition' | 'lastOffset' | 'spread'>,
  { eventsBehind, layerEvents, appliedPositions }: Comparison,
  historyEnd: Standing['historyEnd'],
): KeyStanding {
  if (eventsBehind === '0' && layerEvents === '0') return 'at-end';
  const overall = eventsBehind === '0' ? 'beyond' : 'behind';
  const { partition, lastOffset, spread } = row;
  const end = historyEnd.find((each) => each.partition === partition)?.next;
  // A cursor over transactions, `id:position`, does not say which offsets it covers.
  const byOffset = appliedPositions.every((each) => offsetText.test(each.next));
  if (partition === null || lastOffset === null || end === undefined || spread || !byOffset) return overall;
  const next = appliedPositions.find((each) => each.partition === partition)?.next;
  if (next === undefined) return overall;
  if (BigInt(next) > BigInt(end)) return 'beyond';
  return BigInt(lastOffset) < BigInt(next) ? 'at-end' : 'behind';
}

const offsetText = /^\d+$/;

type Explaining = Pick<KeyRow['discrepancies'][number], 'derivedState'> & {
  readonly explanation: Explanation | null;
};

/** Marks the steps that an explanation names: the event itself, and its redelivery. */
export function markExplaining(
  steps: readonly TraceStep[],
  discrepancies: readonly Explaining[],
): readonly TraceStep[] {
  const candidates = discrepancies.flatMap(({ derivedState, explanation }) =>
    (explanation?.candidates ?? []).map((candidate) => ({ derivedState, candidate })),
  );
  return steps.map((step) => ({
    ...step,
    explains: candidates
      .filter(
        ({ candidate }) =>
          candidate.partition === step.partition &&
          (candidate.offset === step.offset || candidate.redeliveredAt === step.offset),
      )
      .map(({ derivedState, candidate }) => ({
        derivedState,
        cause: candidate.cause,
        certainty: candidate.certainty,
      })),
  }));
}
