import type pg from 'pg';
import { amountInSql } from './events.ts';

/** Fills the live table so that it agrees with history. */
export function fillFromTotals(totals: ReadonlyMap<string, number>) {
  return async (pool: pg.Pool): Promise<void> => {
    await pool.query('INSERT INTO shelf SELECT * FROM unnest($1::text[], $2::bigint[])', [
      [...totals.keys()],
      [...totals.values()],
    ]);
  };
}

/**
 * Fills the live table for a history in which every event has a key of its own, and spoils a few thousand rows:
 * of every thousand keys one is wrong and one is missing, and for each thousand there is one that history never had.
 */
export function fillWithDifferences(events: number) {
  return async (pool: pg.Pool): Promise<void> => {
    await pool.query(
      `INSERT INTO shelf SELECT 'item-' || lpad(n::text, 7, '0'), ${amountInSql('n')} + CASE WHEN n % 1000 = 1 THEN n % 7919 + 1 ELSE 0 END
       FROM generate_series(0, $1::int - 1) AS n WHERE n % 100 <> 99 AND n % 1000 <> 2
       UNION ALL SELECT 'stray-' || lpad(n::text, 7, '0'), n FROM generate_series(1, $1::int / 1000) AS n`,
      [events],
    );
  };
}
