import type { Leases } from '../../application/ports/leases.ts';

/** Those of this process that have given all back: what is still under way of theirs takes nothing any more. */
const left = new Set<string>();

/** Leases as rows: a row that has run out is anybody's. */
export const leases: Leases = {
  async hold(tx, name, holder, ms) {
    if (left.has(holder)) return false;
    const rows = await tx.query(
      `INSERT INTO lease AS held (name, holder, until)
       VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 ms')
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
       WHERE held.holder = excluded.holder OR held.until < clock_timestamp()
       RETURNING name`,
      [name, holder, ms],
    );
    return rows.length > 0;
  },
  async release(tx, name, holder) {
    await tx.query('DELETE FROM lease WHERE name = $1 AND holder = $2', [name, holder]);
  },
  async releaseAll(tx, holder) {
    left.add(holder);
    const rows = await tx.query('DELETE FROM lease WHERE holder = $1 RETURNING name', [holder]);
    return rows.length;
  },
};
