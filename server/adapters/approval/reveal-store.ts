import type { RevealStore } from '../../application/ports/reveals.ts';

/** Reveals in Reprise's own database. */
export const revealStore: RevealStore = {
  async until(tx, personId, contractId) {
    const [row] = await tx.query<{ until: Date }>(
      `SELECT until FROM value_reveal WHERE person_id = $1 AND contract_id = $2 AND until > clock_timestamp()`,
      [personId, contractId],
    );
    return row?.until.toISOString() ?? null;
  },

  async reveal(tx, personId, contractId, minutes) {
    const [row] = await tx.query<{ until: Date }>(
      `INSERT INTO value_reveal (person_id, contract_id, until)
       VALUES ($1, $2, clock_timestamp() + make_interval(mins => $3))
       ON CONFLICT (person_id, contract_id) DO UPDATE SET until = excluded.until RETURNING until`,
      [personId, contractId, minutes],
    );
    return row?.until.toISOString() ?? '';
  },
};
