import type { EngineContract, Scalar } from '../../domain/contract/index.ts';
import {
  type Comparison,
  type Explanation,
  expectedOrNull,
  type FieldDifference,
} from '../../domain/reconciliation/index.ts';
import type { KeyRow, StateRow, TraceStep } from '../ports/page-reads.ts';

/**
 * A key as the states page shows it: one cell a derived state, each with all its fields. What a discrepancy does
 * not name was found equal when the states were compared, so both sides show the replayed value.
 */
export function toStateRow(
  row: KeyRow,
  contract: EngineContract,
  comparisons: readonly Comparison[],
): StateRow {
  const outcomeOf = new Map(comparisons.map((each) => [each.derivedState, each.outcome]));
  const cells = Object.entries(contract.derivedStates).map(([derivedState, definition]) => {
    const found = row.discrepancies.find((each) => each.derivedState === derivedState);
    const outcome = outcomeOf.get(derivedState);
    const compared = outcome !== undefined && outcome !== 'could-not-compare';
    const expected = row.partition === null ? null : expectedOrNull(definition, row.state);
    return {
      derivedState,
      kind: found?.kind ?? (compared ? 'equal' : 'not-compared'),
      fields: Object.keys(definition.fields).map(
        (field) =>
          found?.fields.find((each) => each.field === field) ??
          equalField(field, expected?.[field] ?? null, compared),
      ),
      explanation: found?.explanation ?? null,
    } satisfies StateRow['cells'][number];
  });
  return {
    key: row.key,
    differs: row.discrepancies.length > 0,
    magnitude: row.magnitude,
    cells,
  };
}

function equalField(field: string, history: Scalar, compared: boolean): FieldDifference {
  return {
    field,
    history,
    live: compared ? history : null,
    delta: compared && typeof history === 'number' ? 0 : null,
  };
}

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
