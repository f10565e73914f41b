import type { PasskeyStore } from '../../application/ports/passkeys.ts';

type PasskeyRecord = {
  id: string;
  name: string;
  backed_up: boolean;
  created_at: Date;
  last_used_at: Date | null;
};

/** Passkeys in Reprise's own database. */
export const passkeyStore: PasskeyStore = {
  async of(tx, personId) {
    const rows = await tx.query<PasskeyRecord>(
      `SELECT id, name, backed_up, created_at, last_used_at FROM passkey
       WHERE person_id = $1 ORDER BY created_at DESC, id`,
      [personId],
    );
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      backedUp: row.backed_up,
      createdAt: row.created_at.toISOString(),
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
    }));
  },

  async find(tx, id) {
    const [row] = await tx.query<{ id: string; person_id: string; public_key: Buffer }>(
      'SELECT id, person_id, public_key FROM passkey WHERE id = $1',
      [id],
    );
    if (row === undefined) return null;
    return { id: row.id, personId: row.person_id, publicKey: new Uint8Array(row.public_key) };
  },

  async insert(tx, { id, personId, name, publicKey, counter, transports, backedUp }) {
    const rows = await tx.query(
      `INSERT INTO passkey (id, person_id, name, public_key, counter, transports, backed_up)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING RETURNING id`,
      [id, personId, name, Buffer.from(publicKey), counter, transports, backedUp],
    );
    return rows.length > 0;
  },

  async rename(tx, personId, id, name) {
    const rows = await tx.query(
      'UPDATE passkey SET name = $3 WHERE person_id = $1 AND id = $2 RETURNING id',
      [personId, id, name],
    );
    return rows.length > 0;
  },

  async remove(tx, personId, id) {
    const rows = await tx.query('DELETE FROM passkey WHERE person_id = $1 AND id = $2 RETURNING id', [
      personId,
      id,
    ]);
    return rows.length > 0;
  },

  async removeAll(tx, personId) {
    return (await tx.query('DELETE FROM passkey WHERE person_id = $1 RETURNING id', [personId])).length;
  },

  // WebAuthn, 7.2, step 22: it goes on, or is 0 for good.
  async used(tx, id, { counter, backedUp }) {
    const rows = await tx.query(
      `UPDATE passkey SET counter = $2, backed_up = $3, last_used_at = now()
       WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0)) RETURNING id`,
      [id, counter, backedUp],
    );
    return rows.length > 0;
  },
};
