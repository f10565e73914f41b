import type pg from 'pg';
import { z } from 'zod';
import type { PageRequest, StatesFilter } from '../../../application/ports/dashboard.ts';
import type { KeyRow, PageReads, Standing, TraceRow } from '../../../application/ports/page-reads.ts';
import { decodeCursor, toPage } from './cursors.ts';
import { type SummaryRow, summaryColumns, summaryTables, toSummary } from './replay-rows.ts';
import { readComparisons } from './replays.ts';

type Reads = Pick<PageReads, 'standing' | 'keyRows' | 'keyRow' | 'trace'>;

export function stateReads(pool: pg.Pool): Reads {
  return {
    standing: (contractId, replayId) => readStanding(pool, contractId, replayId),

    async keyRows(replayId, filter, page) {
      const keys = filter.differingOnly
        ? await differingKeys(pool, replayId, filter, page)
        : await allKeys(pool, replayId, filter, page);
      return { rows: await readKeys(pool, replayId, keys.rows), next: keys.next };
    },

    async keyRow(replayId, key) {
      const [row] = await readKeys(pool, replayId, [{ key }]);
      return row === undefined || (row.partition === null && row.discrepancies.length === 0) ? null : row;
    },

    async trace(replayId, key) {
      const { rows } = await pool.query<TraceRow>(
        'SELECT status, steps, problem FROM key_trace WHERE replay_id = $1 AND key = $2',
        [replayId, key],
      );
      return rows[0] ?? null;
    },
  };
}

export async function readStanding(
  pool: pg.Pool,
  contractId: string,
  replayId: string | undefined,
): Promise<Standing | null> {
  const { rows } = await pool.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM ${summaryTables}
     WHERE r.contract_id = $1 AND CASE WHEN $2::uuid IS NULL THEN r.status = 'finished' ELSE r.id = $2 END
     ORDER BY (r.coverage->>'kind' = 'whole') DESC NULLS LAST, r.requested_at DESC, r.id DESC LIMIT 1`,
    [contractId, replayId ?? null],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const [comparisons, unexplained] = await Promise.all([
    readComparisons(pool, row.id),
    pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM discrepancy WHERE replay_id = $1 AND cause IS NULL',
      [row.id],
    ),
  ]);
  return { replay: toSummary(row), comparisons, unexplained: unexplained.rows[0]?.count ?? 0 };
}

type Found = { readonly key: string; readonly magnitude?: number };

const afterMagnitude = z.tuple([z.number(), z.string()]);
const afterKey = z.tuple([z.string()]);

/**
 * Keys with a discrepancy that the filter lets through, the largest first. A key is listed once, where its
 * largest one stands; both the order and that look-up go by an index, so a page costs the same at a million.
 */
async function differingKeys(
  pool: pg.Pool,
  replayId: string,
  filter: StatesFilter,
  { cursor, limit }: PageRequest,
): Promise<{ rows: readonly Found[]; next: string | null }> {
  const after = cursor === undefined ? null : decodeCursor(cursor, afterMagnitude);
  const conditions = (row: string) => `${row}.replay_id = $1
    AND ($2::text IS NULL OR ${row}.derived_state = $2)
    AND ($3::text IS NULL OR ${row}.kind = $3)
    AND ($4::text IS NULL OR CASE $4 WHEN 'unexplained' THEN ${row}.cause IS NULL ELSE ${row}.cause = $4 END)`;
  const { rows } = await pool.query<{ key: string; magnitude: number }>(
    `SELECT d.key, d.magnitude FROM discrepancy d
     WHERE ${conditions('d')}
       AND ($5::text IS NULL OR position($5 IN d.key) > 0)
       AND ($6::float8 IS NULL OR (d.magnitude <= $6 AND (d.magnitude < $6 OR d.key > $7)))
       AND NOT EXISTS (SELECT FROM discrepancy o WHERE ${conditions('o')} AND o.key = d.key
         AND (o.magnitude > d.magnitude OR (o.magnitude = d.magnitude AND o.derived_state < d.derived_state)))
     ORDER BY d.magnitude DESC, d.key, d.derived_state LIMIT $8`,
    [
      replayId,
      filter.derivedState ?? null,
      filter.kind ?? null,
      filter.cause ?? null,
      filter.search || null,
      after?.[0] ?? null,
      after?.[1] ?? null,
      limit + 1,
    ],
  );
  return toPage(rows, limit, (row) => [row.magnitude, row.key]);
}

/** Every key, in byte order: those of history, and those that only a derived state has. */
async function allKeys(
  pool: pg.Pool,
  replayId: string,
  filter: StatesFilter,
  { cursor, limit }: PageRequest,
): Promise<{ rows: readonly Found[]; next: string | null }> {
  const after = cursor === undefined ? null : decodeCursor(cursor, afterKey);
  const matching = `replay_id = $1 AND ($2::text IS NULL OR position($2 IN key) > 0)
    AND ($3::text IS NULL OR key > $3)`;
  const { rows } = await pool.query<{ key: string }>(
    `SELECT key FROM (
       (SELECT DISTINCT key FROM shadow_state WHERE ${matching} ORDER BY key LIMIT $4)
       UNION
       (SELECT DISTINCT key FROM discrepancy WHERE ${matching} AND kind = 'extra' ORDER BY key LIMIT $4)
     ) AS both_sides ORDER BY key LIMIT $4`,
    [replayId, filter.search || null, after?.[0] ?? null, limit + 1],
  );
  return toPage(rows, limit, (row) => [row.key]);
}

/** State and discrepancies of these keys, in their order. */
async function readKeys(
  pool: pg.Pool,
  replayId: string,
  found: readonly Found[],
): Promise<readonly KeyRow[]> {
  const keys = found.map(({ key }) => key);
  const [states, discrepancies] = await Promise.all([
    pool.query<{ key: string; partition: number; state: unknown }>(
      `SELECT key, partition, state FROM shadow_state WHERE replay_id = $1 AND key = ANY($2)
       ORDER BY partition DESC`,
      [replayId, keys],
    ),
    pool.query<{ key: string; magnitude: number } & KeyRow['discrepancies'][number]>(
      `SELECT key, derived_state AS "derivedState", kind, fields, explanation, magnitude
       FROM discrepancy WHERE replay_id = $1 AND key = ANY($2) ORDER BY derived_state`,
      [replayId, keys],
    ),
  ]);
  const stateOf = new Map(states.rows.map((row) => [row.key, row]));
  return keys.map((key) => {
    const own = discrepancies.rows.filter((row) => row.key === key);
    const state = stateOf.get(key);
    return {
      key,
      partition: state?.partition ?? null,
      state: state?.state,
      magnitude: own.reduce((largest, row) => Math.max(largest, row.magnitude), 0),
      discrepancies: own.map(({ derivedState, kind, fields, explanation }) => ({
        derivedState,
        kind,
        fields,
        explanation,
      })),
    };
  });
}
