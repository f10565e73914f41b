import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/**
 * Returns when the window of the database's clock, in which tries are counted, has `seconds` or more to go: tries that
 * are to be counted together must not be counted in two windows.
 */
export async function youngWindow(pool: pg.Pool, seconds: number, minutes = 1): Promise<void> {
  const { rows } = await pool.query<{ left: number }>(
    `SELECT extract(epoch FROM date_bin(make_interval(mins => $1), now(), timestamptz '2000-01-01')
       + make_interval(mins => $1) - now())::float8 AS left`,
    [minutes],
  );
  const left = rows[0]?.left ?? 0;
  if (left < seconds) await sleep(left * 1000 + 50);
}
