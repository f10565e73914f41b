import type pg from 'pg';
import type { RequestRates } from '../../application/ports/people.ts';

const LONGEST_MINUTES = 24 * 60;
const beginning = `date_bin(make_interval(mins => $2), now(), timestamptz '2000-01-01')`;

/**
 * Counts by windows of the database's clock, over all web processes. A count is taken before what it counts is done,
 * so that any number of requests at once is no more than the limit. Old windows are swept as new ones begin.
 */
export function createRequestRates(pool: pg.Pool): RequestRates {
  return {
    async take(key, most, windowMinutes = 1) {
      const { rows } = await pool.query<{ count: number }>(
        `INSERT INTO request_rate (key, minute, count) VALUES ($1, ${beginning}, 1)
         ON CONFLICT (key, minute) DO UPDATE SET count = request_rate.count + 1 RETURNING count`,
        [key, windowMinutes],
      );
      const count = rows[0]?.count ?? 1;
      if (count === 1)
        await pool.query('DELETE FROM request_rate WHERE minute < now() - make_interval(mins => $1)', [
          2 * LONGEST_MINUTES,
        ]);
      return count <= most;
    },
    async forget(key, windowMinutes) {
      await pool.query(`DELETE FROM request_rate WHERE key = $1 AND minute = ${beginning}`, [
        key,
        windowMinutes,
      ]);
    },
  };
}
