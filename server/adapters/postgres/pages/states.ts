import type pg from 'pg';
import { z } from 'zod';
import type { PageRequest, StatesFilter } from '../../../application/ports/dashboard.ts';
import type { KeyRow, PageReads, Standing, TraceRow } from '../../../application/ports/page-reads.ts';
import { decodeCursor, notGivenOut, toPage } from '../../../domain/shared/cursors.ts';
import { ofLatestCode, type SummaryRow, summaryColumns, summaryTables, toSummary } from './replay-rows.ts';
import { readComparisons, readExplained } from './results.ts';

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
  const { rows } = await pool.query<SummaryRow & { of_latest_code: boolean; planned_at: string | null }>(
    `SELECT ${summaryColumns}, ${ofLatestCode} AS of_latest_code, r.plan::json->>'plannedAt' AS planned_at
     FROM ${summaryTables} WHERE r.id = (SELECT r.id FROM ${summaryTables}
       WHERE r.contract_id = $1 AND CASE WHEN $2::uuid IS NULL THEN r.status = 'finished' ELSE r.id = $2 END
       ORDER BY (r.coverage->>'kind' = 'whole') DESC NULLS LAST, ${ofLatestCode} DESC, r.requested_at DESC, r.id DESC
       LIMIT 1)`,
    [contractId, replayId ?? null],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const [comparisons, explained, ends] = await Promise.all([
    readComparisons(pool, row.id),
    readExplained(pool, row.id, row.status),
    pool.query<{ partition: number; next: string }>(
      'SELECT partition, "to" AS next FROM replay_partition WHERE replay_id = $1 ORDER BY partition',
      [row.id],
    ),
  ]);
  const { unexplained, notSearched } = explained;
  return {
    replay: toSummary(row),
    ofLatestCode: row.of_latest_code,
    plannedAt: row.planned_at,
    historyEnd: ends.rows,
    comparisons,
    unexplained: unexplained + notSearched,
  };
}

type Found = { readonly key: string };
type Candidate = { readonly key: string; readonly magnitude: number; readonly derived_state: string };

// How much it is off by stands in no cursor: it may be hidden, and who made up cursors could search for it.
const afterDiscrepancy = z.tuple([z.string(), z.string()]);
const afterKey = z.tuple([z.string()]);

/** Only what is asked for stands in the statement, so that the index alone answers it where it can. */
function matching(filter: StatesFilter, values: unknown[]): string {
  const conditions = ['replay_id = $1'];
  const add = (value: string | undefined, condition: (place: string) => string) => {
    if (value !== undefined && value !== '') conditions.push(condition(`$${values.push(value)}`));
  };
  add(filter.derivedState, (place) => `derived_state = ${place}`);
  add(filter.kind, (place) => `kind = ${place}`);
  if (filter.cause === 'unexplained') conditions.push('cause IS NULL');
  else add(filter.cause, (place) => `cause = ${place}`);
  add(filter.search, (place) => `position(${place} IN key) > 0`);
  return conditions.join(' AND ');
}

/**
 * Keys with a discrepancy that the filter lets through, the largest first. Discrepancies are read in the order of
 * their index; a key is listed once, where its largest stands. So a page costs the same at ten and at a million.
 */
async function differingKeys(
  pool: pg.Pool,
  replayId: string,
  filter: StatesFilter,
  { cursor, limit }: PageRequest,
): Promise<{ rows: readonly Found[]; next: string | null }> {
  let after = cursor === undefined ? null : await placeOf(pool, replayId, cursor);
  const listed: Candidate[] = [];
  const batch = Math.max(limit + 1, 50);
  for (;;) {
    const values: unknown[] = [replayId];
    const where = matching(filter, values);
    const later = after === null ? '' : `AND ${laterThan(after, values)}`;
    const { rows } = await pool.query<Candidate>(
      `SELECT key, magnitude, derived_state FROM discrepancy WHERE ${where} ${later}
       ORDER BY magnitude DESC, key, derived_state LIMIT ${batch}`,
      values,
    );
    listed.push(...(filter.derivedState === undefined ? await leading(pool, replayId, filter, rows) : rows));
    const last = rows.at(-1);
    if (listed.length > limit || rows.length < batch || last === undefined) break;
    after = last;
  }
  return toPage(listed, limit, (row) => [row.key, row.derived_state]);
}

async function placeOf(pool: pg.Pool, replayId: string, cursor: string): Promise<Candidate> {
  const { rows } = await pool.query<Candidate>(
    'SELECT key, magnitude, derived_state FROM discrepancy WHERE replay_id = $1 AND key = $2 AND derived_state = $3',
    [replayId, ...decodeCursor(cursor, afterDiscrepancy)],
  );
  const [last] = rows;
  if (last === undefined) throw notGivenOut();
  return last;
}

function laterThan({ magnitude, key, derived_state }: Candidate, values: unknown[]): string {
  const [m, k, s] = [magnitude, key, derived_state].map((value) => `$${values.push(value)}`);
  return `magnitude <= ${m}::float8 AND (magnitude < ${m} OR (key, derived_state) > (${k}, ${s}))`;
}

/** The rows of which no other row of the same key comes before, by the filter that chose them. */
async function leading(
  pool: pg.Pool,
  replayId: string,
  filter: StatesFilter,
  rows: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const values: unknown[] = [replayId];
  const where = matching({ ...filter, search: undefined }, values);
  const place = `$${values.push([...new Set(rows.map((row) => row.key))])}`;
  const { rows: first } = await pool.query<Candidate>(
    `SELECT DISTINCT ON (key) key, magnitude, derived_state FROM discrepancy
     WHERE ${where} AND key = ANY(${place}) ORDER BY key, magnitude DESC, derived_state`,
    values,
  );
  const leader = new Map(first.map((row) => [row.key, row.derived_state]));
  return rows.filter((row) => leader.get(row.key) === row.derived_state);
}

/** Every key, in byte order: those of history, and those that only a derived state has. */
async function allKeys(
  pool: pg.Pool,
  replayId: string,
  filter: StatesFilter,
  { cursor, limit }: PageRequest,
): Promise<{ rows: readonly Found[]; next: string | null }> {
  const values: unknown[] = [replayId];
  let where = matching({ differingOnly: false, search: filter.search }, values);
  if (cursor !== undefined) where += ` AND key > $${values.push(decodeCursor(cursor, afterKey)[0])}`;
  const tables = (await hasExtras(pool, replayId)) ? ['shadow_state', 'discrepancy'] : ['shadow_state'];
  const sides = tables.map((table) => {
    const extra = table === 'discrepancy' ? ` AND kind = 'extra'` : '';
    return `(SELECT DISTINCT key FROM ${table} WHERE ${where}${extra} ORDER BY key LIMIT ${limit + 1})`;
  });
  const { rows } = await pool.query<Found>(
    `SELECT key FROM (${sides.join(' UNION ')}) AS both_sides ORDER BY key LIMIT ${limit + 1}`,
    values,
  );
  return toPage(rows, limit, (row) => [row.key]);
}

async function hasExtras(pool: pg.Pool, replayId: string): Promise<boolean> {
  const comparisons = await readComparisons(pool, replayId);
  return comparisons.some((each) => each.extra > 0);
}

/** State and discrepancies of these keys, in their order. */
async function readKeys(
  pool: pg.Pool,
  replayId: string,
  found: readonly Found[],
): Promise<readonly KeyRow[]> {
  const keys = found.map(({ key }) => key);
  const [states, discrepancies] = await Promise.all([
    pool.query<{ key: string; partition: number; state: unknown; last_offset: string; spread: boolean }>(
      `SELECT key, partition, state, last_offset, spread FROM shadow_state WHERE replay_id = $1 AND key = ANY($2)
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
      lastOffset: state?.last_offset ?? null,
      spread: state?.spread ?? false,
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
