import type pg from 'pg';
import type { Tally } from './replay-world.ts';

export const shelfTables = `
  CREATE TABLE shelf (item text PRIMARY KEY, total int NOT NULL);
  CREATE TABLE shelf_position (partition int PRIMARY KEY, next_offset bigint NOT NULL)`;

/** Puts the shelf where a projector that has applied these events in full would have put it. */
export async function projectShelf(
  pool: pg.Pool,
  events: readonly Tally[],
  positions: readonly { readonly partition: number; readonly offset: string }[],
): Promise<void> {
  const totals = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, key, type = 'ItemsAdded', value } of events) {
    if (key === null || seen.has(id)) continue;
    seen.add(id);
    const amount = amountOf(value);
    if (amount === null) continue;
    totals.set(key, (totals.get(key) ?? 0) + (type === 'ItemsRemoved' ? -amount : amount));
  }
  await pool.query('TRUNCATE shelf, shelf_position');
  await pool.query('INSERT INTO shelf SELECT * FROM unnest($1::text[], $2::int[])', [
    [...totals.keys()],
    [...totals.values()],
  ]);
  await pool.query('INSERT INTO shelf_position SELECT * FROM unnest($1::int[], $2::bigint[])', [
    positions.map((each) => each.partition),
    positions.map((each) => each.offset),
  ]);
}

function amountOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null) return null;
  if ('amount' in value && typeof value.amount === 'number') return value.amount;
  return 'n' in value && typeof value.n === 'number' ? value.n : null;
}
