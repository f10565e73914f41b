import type { DiscrepancyRow, ResultStore } from '../../application/ports/result-store.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type {
  Comparison,
  Explanation,
  FieldDifference,
  InvariantResult,
} from '../../domain/reconciliation/index.ts';
import { jsonb } from '../jsonb.ts';
import { type CopyValue, copyChunks } from './copy-text.ts';
import { cursorRows } from './cursor-rows.ts';

type Row = {
  key: string;
  partition: number;
  kind: DiscrepancyRow['kind'];
  fields: readonly FieldDifference[];
  magnitude: number;
};

const selected = 'key, partition, kind, fields, magnitude';

async function insertDiscrepancies(
  tx: Transaction,
  replayId: string,
  derivedState: string,
  rows: readonly DiscrepancyRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const values: Iterable<readonly CopyValue[]> = rows.map((row) => [
    replayId,
    derivedState,
    row.key,
    row.partition,
    row.kind,
    // As they are: the column is `json`, which keeps the escapes that `jsonb` refuses, and what differs by such a
    // character alone has to differ when it is read again. In SQL no text can be taken out of it, then.
    JSON.stringify(row.fields),
    row.magnitude,
  ]);
  await tx.copyIn(
    'COPY discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude) FROM STDIN',
    copyChunks(values),
  );
}

async function* discrepanciesInKeyOrder(
  tx: Transaction,
  replayId: string,
  derivedState: string,
): AsyncGenerator<readonly DiscrepancyRow[]> {
  yield* cursorRows<Row>(
    tx,
    `SELECT ${selected} FROM discrepancy WHERE replay_id = $1 AND derived_state = $2 ORDER BY key COLLATE "C"`,
    [replayId, derivedState],
    2000,
  );
}

async function* discrepancyKeys(
  tx: Transaction,
  replayId: string,
  derivedState: string,
): AsyncGenerator<readonly string[]> {
  for await (const batch of discrepanciesInKeyOrder(tx, replayId, derivedState))
    yield batch.map((row) => row.key);
}

export const comparisonRows: Pick<
  ResultStore,
  | 'clearComparison'
  | 'insertDiscrepancies'
  | 'discrepancyKeys'
  | 'deleteDiscrepancies'
  | 'discrepanciesInKeyOrder'
  | 'saveComparison'
  | 'comparisons'
  | 'differingKeys'
  | 'largest'
  | 'explain'
  | 'explanationsOf'
  | 'explainRest'
  | 'explanationCounts'
  | 'saveInvariants'
  | 'invariants'
> = {
  insertDiscrepancies,
  discrepancyKeys,
  discrepanciesInKeyOrder,

  async clearComparison(tx, replayId, derivedState) {
    const key = [replayId, derivedState];
    await tx.query('DELETE FROM discrepancy WHERE replay_id = $1 AND derived_state = $2', key);
    await tx.query('DELETE FROM replay_comparison WHERE replay_id = $1 AND derived_state = $2', key);
  },

  async deleteDiscrepancies(tx, replayId, derivedState, keys) {
    await tx.query('DELETE FROM discrepancy WHERE replay_id = $1 AND derived_state = $2 AND key = ANY($3)', [
      replayId,
      derivedState,
      keys,
    ]);
  },

  async saveComparison(tx, replayId, comparison) {
    await tx.query(
      `INSERT INTO replay_comparison (replay_id, derived_state, outcome, result, compared_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [replayId, comparison.derivedState, comparison.outcome, jsonb(comparison), comparison.comparedAt],
    );
    // Until its statistics are taken the planner sorts a million new rows for the first page instead of walking
    // their index (measured: 3 s against 30 ms), and autovacuum takes them a minute later.
    const rows = comparison.missing + comparison.extra + comparison.different;
    if (rows > 1_000) await tx.query('SELECT reprise_take_statistics()');
  },

  async comparisons(tx, replayId) {
    const rows = await tx.query<{ result: Comparison }>(
      'SELECT result FROM replay_comparison WHERE replay_id = $1 ORDER BY derived_state',
      [replayId],
    );
    return rows.map((row) => row.result);
  },

  async differingKeys(tx, replayId) {
    const [row] = await tx.query<{ count: number }>(
      'SELECT count(DISTINCT key)::int AS count FROM discrepancy WHERE replay_id = $1',
      [replayId],
    );
    return row?.count ?? 0;
  },

  async largest(tx, replayId, derivedState, limit) {
    return tx.query<Row>(
      `SELECT ${selected} FROM discrepancy WHERE replay_id = $1 AND derived_state = $2
       ORDER BY magnitude DESC, key LIMIT $3`,
      [replayId, derivedState, limit],
    );
  },

  async explain(tx, replayId, explained) {
    if (explained.length === 0) return;
    await tx.query(
      `UPDATE discrepancy d SET explanation = e.explanation::jsonb, cause = e.cause
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS e(derived_state, key, explanation, cause)
       WHERE d.replay_id = $1 AND d.derived_state = e.derived_state AND d.key = e.key`,
      [
        replayId,
        explained.map((e) => e.derivedState),
        explained.map((e) => e.key),
        explained.map((e) => jsonb(e.explanation)),
        explained.map((e) => e.explanation.candidates[0]?.cause ?? null),
      ],
    );
  },

  async explanationsOf(tx, replayId, key) {
    const rows = await tx.query<{ derived_state: string; explanation: Explanation }>(
      `SELECT derived_state, explanation FROM discrepancy
       WHERE replay_id = $1 AND key = $2 AND explanation IS NOT NULL`,
      [replayId, key],
    );
    return rows.map((row) => [row.derived_state, row.explanation] as const);
  },

  async explainRest(tx, replayId, explanation) {
    const rows = await tx.query<{ count: number }>(
      `WITH rest AS (UPDATE discrepancy SET explanation = $2
                     WHERE replay_id = $1 AND explanation IS NULL RETURNING 1)
       SELECT count(*)::int AS count FROM rest`,
      [replayId, jsonb(explanation)],
    );
    return rows[0]?.count ?? 0;
  },

  async explanationCounts(tx, replayId) {
    const [row] = await tx.query<{ explained: number; unexplained: number; not_searched: number }>(
      `SELECT count(*) FILTER (WHERE explanation->>'outcome' IN ('one', 'several'))::int AS explained,
         count(*) FILTER (WHERE explanation->>'outcome' = 'none')::int AS unexplained,
         count(*) FILTER (WHERE explanation IS NULL OR explanation->>'outcome' = 'not-searched')::int AS not_searched
       FROM discrepancy WHERE replay_id = $1`,
      [replayId],
    );
    return {
      explained: row?.explained ?? 0,
      unexplained: row?.unexplained ?? 0,
      notSearched: row?.not_searched ?? 0,
    };
  },

  async saveInvariants(tx, replayId, results) {
    await tx.query('DELETE FROM replay_invariant WHERE replay_id = $1', [replayId]);
    for (const result of results) {
      await tx.query(
        'INSERT INTO replay_invariant (replay_id, name, outcome, result) VALUES ($1, $2, $3, $4)',
        [replayId, result.name, result.outcome, jsonb(result)],
      );
    }
  },

  async invariants(tx, replayId) {
    const rows = await tx.query<{ result: InvariantResult }>(
      'SELECT result FROM replay_invariant WHERE replay_id = $1 ORDER BY name',
      [replayId],
    );
    return rows.map((row) => row.result);
  },
};
