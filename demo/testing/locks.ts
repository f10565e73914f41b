import type pg from 'pg';
import { eventually } from './replay-world.ts';

/** Until a statement of this database waits for a row or a lock that somebody else holds. */
export function somebodyWaits(pool: pg.Pool): Promise<unknown> {
  return eventually('somebody to wait for a lock', 20_000, async () => {
    const { rows } = await pool.query(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return { done: rows.length > 0, value: null, seen: rows };
  });
}
