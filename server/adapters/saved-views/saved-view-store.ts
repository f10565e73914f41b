import type { KeptView, SavedViewStore } from '../../application/ports/saved-views.ts';

const columns = `id, person_id AS "personId", page, name, query, shared,
  to_char(changed_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "changedAt"`;

/** Saved views in Reprise's own database. */
export const savedViewStore: SavedViewStore = {
  list: (tx, personId, page) =>
    tx.query<KeptView>(
      `SELECT ${columns} FROM saved_view WHERE page = $2 AND (person_id = $1 OR shared)
       ORDER BY person_id <> $1, lower(name), id LIMIT 500`,
      [personId, page],
    ),

  async lockOwn(tx, personId, page) {
    await tx.query('SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE', [personId]);
    return tx.query<KeptView>(`SELECT ${columns} FROM saved_view WHERE person_id = $1 AND page = $2`, [
      personId,
      page,
    ]);
  },

  async insert(tx, { id, personId, page, name, query, shared }) {
    await tx.query(
      'INSERT INTO saved_view (id, person_id, page, name, query, shared) VALUES ($1, $2, $3, $4, $5, $6)',
      [id, personId, page, name, query, shared],
    );
  },

  async findOwn(tx, personId, viewId) {
    const [view] = await tx.query<KeptView>(
      `SELECT ${columns} FROM saved_view WHERE id = $1 AND person_id = $2`,
      [viewId, personId],
    );
    return view ?? null;
  },

  async change(tx, viewId, { name, query, shared }) {
    await tx.query(
      'UPDATE saved_view SET name = $2, query = $3, shared = $4, changed_at = clock_timestamp() WHERE id = $1',
      [viewId, name, query, shared],
    );
  },

  async remove(tx, viewId) {
    await tx.query('DELETE FROM saved_view WHERE id = $1', [viewId]);
  },
};
