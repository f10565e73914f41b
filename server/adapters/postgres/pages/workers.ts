import type pg from 'pg';

/** A worker that has not been seen for this long is taken to be gone. */
const WORKER_GONE_MS = 10_000;

/** Workers that have been seen of late, and their threads. */
export async function readWorkers(
  pool: pg.Pool,
): Promise<{ readonly alive: number; readonly threads: number }> {
  // By the database's clock, since no two machines agree on the time.
  const { rows } = await pool.query<{ alive: number; threads: number }>(
    `SELECT count(*)::int AS alive, coalesce(sum(threads), 0)::int AS threads FROM worker
     WHERE seen_at > clock_timestamp() - $1 * interval '1 ms'`,
    [WORKER_GONE_MS],
  );
  return rows[0] ?? { alive: 0, threads: 0 };
}
