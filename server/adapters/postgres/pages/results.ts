import type pg from 'pg';
import type { ReplayDetail } from '../../../application/ports/page-reads.ts';
import type { Comparison, InvariantResult } from '../../../domain/reconciliation/index.ts';
import { hasEnded, type ReplayStatus } from '../../../domain/replay/index.ts';

export async function readComparisons(pool: pg.Pool, replayId: string): Promise<readonly Comparison[]> {
  const { rows } = await pool.query<{ result: Comparison }>(
    'SELECT result FROM replay_comparison WHERE replay_id = $1 ORDER BY derived_state',
    [replayId],
  );
  return rows.map((row) => row.result);
}

export async function readInvariants(pool: pg.Pool, replayId: string): Promise<readonly InvariantResult[]> {
  const { rows } = await pool.query<{ result: InvariantResult }>(
    'SELECT result FROM replay_invariant WHERE replay_id = $1 ORDER BY name',
    [replayId],
  );
  return rows.map((row) => row.result);
}

type Explained = NonNullable<ReplayDetail['explained']>;

/** Of replays that have ended: their discrepancies never change again, and counting a million takes a second. */
const known = new Map<string, Explained>();
const KNOWN_AT_MOST = 500;

/** As the record has them, where rows were erased; null where none were. */
async function recorded(pool: pg.Pool, replayId: string): Promise<Explained | null> {
  const { rows } = await pool.query<{ explained: Explained | null }>(
    `SELECT convert_from(e.statement, 'UTF8')::jsonb #> '{predicate,explained}' AS explained
     FROM replay r JOIN evidence_record e ON e.id = r.evidence_id
     WHERE r.id = $1 AND EXISTS (SELECT FROM erasure x WHERE x.replay_id = r.id AND x.unusable)`,
    [replayId],
  );
  return rows[0]?.explained ?? null;
}

/** How many discrepancies have an explanation, were searched in vain, or were not searched. */
export async function readExplained(
  pool: pg.Pool,
  replayId: string,
  status: ReplayStatus,
): Promise<Explained> {
  const remembered = known.get(replayId);
  if (remembered !== undefined) return remembered;
  const onRecord = hasEnded(status) ? await recorded(pool, replayId) : null;
  if (onRecord !== null) return onRecord;
  const { rows } = await pool.query<{ explained: number; unexplained: number; total: number }>(
    `SELECT count(*)::int AS total, count(cause)::int AS explained,
       (count(*) FILTER (WHERE cause IS NULL AND explanation->>'outcome' = 'none'))::int AS unexplained
     FROM discrepancy WHERE replay_id = $1`,
    [replayId],
  );
  const { total = 0, explained = 0, unexplained = 0 } = rows[0] ?? {};
  const counts = { explained, unexplained, notSearched: total - explained - unexplained };
  if (hasEnded(status)) {
    if (known.size >= KNOWN_AT_MOST) known.clear();
    known.set(replayId, counts);
  }
  return counts;
}
