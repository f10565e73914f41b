import type pg from 'pg';
import type { RequestRates } from '../../application/ports/people.ts';

/** Counts by the minute of the database's clock, over all web processes. Old minutes are swept now and then. */
export function createRequestRates(pool: pg.Pool): RequestRates {
  return {
    async take(key, perMinute) {
      const { rows } = await pool.query<{ count: number }>(
        `INSERT INTO request_rate (key, minute, count) VALUES ($1, date_trunc('minute', now()), 1)
         ON CONFLICT (key, minute) DO UPDATE SET count = request_rate.count + 1 RETURNING count`,
        [key],
      );
      const count = rows[0]?.count ?? 1;
      if (count === 1)
        await pool.query(`DELETE FROM request_rate WHERE minute < now() - interval '5 minutes'`);
      return count <= perMinute;
    },
  };
}
