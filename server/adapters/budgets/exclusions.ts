import type { BudgetStore, ExclusionRow } from '../../application/ports/budget-store.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

const columns = `id, contract_id AS "contractId", indicator, subject,
  (extract(epoch FROM from_at) * 1000)::float8 AS "fromMs", (extract(epoch FROM to_at) * 1000)::float8 AS "toMs",
  reason, person_id AS "personId", made_at AS "madeAt"`;

type Row = Omit<ExclusionRow, 'ends'>;
type EndRow = ExclusionRow['ends'][number] & { readonly exclusionId: string };

async function withEnds(tx: Transaction, rows: readonly Row[]): Promise<readonly ExclusionRow[]> {
  if (rows.length === 0) return [];
  const ends = await tx.query<EndRow>(
    `SELECT exclusion_id AS "exclusionId", kind, (extract(epoch FROM at) * 1000)::float8 AS "atMs", reason,
       person_id AS "personId", made_at AS "madeAt"
     FROM budget_exclusion_end WHERE exclusion_id = ANY ($1::uuid[]) ORDER BY made_at, id`,
    [rows.map(({ id }) => id)],
  );
  return rows.map((row) => ({
    ...row,
    ends: ends.filter(({ exclusionId }) => exclusionId === row.id).map(({ exclusionId: _of, ...end }) => end),
  }));
}

export const exclusions: BudgetStore['exclusions'] = async (tx, { contractId, sinceMs }) =>
  withEnds(
    tx,
    await tx.query<Row>(
      `SELECT ${columns} FROM budget_exclusion
       WHERE ($1::text IS NULL OR contract_id = $1) AND to_at > to_timestamp($2::float8 / 1000)
       ORDER BY from_at DESC, id`,
      [contractId, sinceMs],
    ),
  );

export const exclusion: BudgetStore['exclusion'] = async (tx, id) => {
  // What can't be changed can't be locked by its row: those who end it take turns by its id.
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('budget-exclusion:' || $1, 0))`, [id]);
  const rows = await tx.query<Row>(`SELECT ${columns} FROM budget_exclusion WHERE id = $1`, [id]);
  return (await withEnds(tx, rows))[0] ?? null;
};

export const exclude: BudgetStore['exclude'] = async (tx, given) => {
  const { id, contractId, indicator, subject, fromMs, toMs, reason, personId } = given;
  await tx.query(
    `INSERT INTO budget_exclusion (id, contract_id, indicator, subject, from_at, to_at, reason, person_id)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000), $7, $8)`,
    [id, contractId, indicator, subject, fromMs, toMs, reason, personId],
  );
};

export const endExclusion: BudgetStore['endExclusion'] = async (tx, end) => {
  const { id, exclusionId, kind, atMs, reason, personId } = end;
  await tx.query(
    `INSERT INTO budget_exclusion_end (id, exclusion_id, kind, at, reason, person_id)
     VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), $5, $6)`,
    [id, exclusionId, kind, atMs, reason, personId],
  );
};
