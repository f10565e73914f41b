import type { EvidenceLogStore, NewEntry } from '../../application/ports/evidence-log.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { auditStore } from './audit-store.ts';
import { type CheckpointRow, checkpointColumns, toCheckpoint } from './checkpoint-row.ts';
import { cosignatureStore } from './cosignature-store.ts';
import { erasedOf, recordsOf } from './logged-records.ts';

type EntryRow = { index: string; evidence_id: string; envelope: Buffer; leaf_hash: Buffer };

const entryColumns = 'index::text, evidence_id::text, envelope, leaf_hash';

const toEntry = (row: EntryRow): NewEntry => ({
  index: Number(row.index),
  evidenceId: row.evidence_id,
  envelope: row.envelope,
  leafHash: row.leaf_hash,
});

/**
 * What was generated for measuring stands in no log: it is marked in its own canonical bytes, and is listed so. Before
 * records were bounded some were made that no entry has room for; the database refuses any more of them.
 */
const besideTheLog = `evidence_record e LEFT JOIN evidence_index i USING (id)
  WHERE NOT (i.generated IS TRUE AND position(convert_to('"software":{"generated":', 'UTF8') IN e.statement) > 0)
    AND octet_length(e.statement) <= 36000
    AND NOT EXISTS (SELECT FROM log_entry l WHERE l.evidence_id = e.id)`;

/** The evidence log in Reprise's own database. */
export const evidenceLogStore: EvidenceLogStore = {
  ...cosignatureStore,

  async holdHead(tx, originOfNew) {
    // Nobody else records while it is held: a process that stands still with it is ended by the database, and whoever
    // waits for it waits longer than that. What goes on meanwhile, however slow, is no standing still.
    await tx.query(
      `SELECT set_config('idle_in_transaction_session_timeout', '10s', true), set_config('lock_timeout', '40s', true)`,
    );
    const [head] = await tx.query<{ origin: string; size: string }>(
      'SELECT origin, size::text FROM reprise_hold_log($1)',
      [originOfNew],
    );
    if (head === undefined) throw new Error('the log has no head');
    return { origin: head.origin, size: Number(head.size) };
  },

  async head(tx) {
    const [row] = await tx.query<{ origin: string; size: string }>('SELECT origin, size::text FROM log_head');
    return row === undefined ? null : { origin: row.origin, size: Number(row.size) };
  },

  async append(tx, { index, evidenceId, envelope, leafHash }) {
    await tx.query(
      'INSERT INTO log_entry (index, evidence_id, envelope, leaf_hash) VALUES ($1, $2, $3, $4)',
      [index, evidenceId, Buffer.from(envelope), Buffer.from(leafHash)],
    );
  },

  reader: (tx) => async (places) => {
    if (places.length === 0) return [];
    const rows = await tx.query<{ hash: Buffer | null }>(
      `SELECT h.hash FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS asked(level, index, at)
       LEFT JOIN log_hash h USING (level, index) ORDER BY asked.at`,
      [places.map(({ level }) => level), places.map(({ index }) => index)],
    );
    return rows.map(({ hash }, at) => {
      if (hash !== null) return hash;
      const { level, index } = places[at] ?? { level: -1, index: -1 };
      throw new RepriseError('internal', `The evidence log has no hash at level ${level}, place ${index}.`);
    });
  },

  async entries(tx, from, limit) {
    const rows = await tx.query<EntryRow>(
      `SELECT ${entryColumns} FROM log_entry WHERE index >= $1 ORDER BY log_entry.index LIMIT $2`,
      [from, limit],
    );
    return rows.map(toEntry);
  },

  async leafHashes(tx, from, limit) {
    const rows = await tx.query<{ hash: Buffer }>(
      'SELECT hash FROM log_hash WHERE level = 0 AND index >= $1 ORDER BY index LIMIT $2',
      [from, limit],
    );
    return rows.map(({ hash }) => hash);
  },

  recordsOf,
  erasedOf,

  async wrongHashes(tx, size, limit) {
    const rows = await tx.query<{ level: number; index: string; found: boolean }>(
      `SELECT l.level, n.index::text, h.hash IS NOT NULL AS found
       FROM generate_series(1, 62) AS l(level)
       CROSS JOIN LATERAL generate_series(0::bigint, ($1::bigint >> l.level) - 1) AS n(index)
       LEFT JOIN log_hash h ON h.level = l.level AND h.index = n.index
       LEFT JOIN log_hash a ON a.level = l.level - 1 AND a.index = n.index * 2
       LEFT JOIN log_hash b ON b.level = l.level - 1 AND b.index = n.index * 2 + 1
       WHERE h.hash IS DISTINCT FROM sha256('\\x01'::bytea || a.hash || b.hash) LIMIT $2`,
      [size, limit],
    );
    return rows.map(
      ({ level, index, found }) =>
        `The stored hash at level ${level}, place ${index}, ${found ? 'is not that of the two below it' : 'is not there'}.`,
    );
  },

  async entryOf(tx, evidenceId) {
    const [row] = await tx.query<EntryRow>(`SELECT ${entryColumns} FROM log_entry WHERE evidence_id = $1`, [
      evidenceId,
    ]);
    return row === undefined ? null : toEntry(row);
  },

  async insertCheckpoint(tx, { size, root, note }) {
    await tx.query(
      'INSERT INTO log_checkpoint (size, root, note) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING',
      [size, Buffer.from(root), note],
    );
  },

  async latestCheckpoint(tx, below = null) {
    const [row] = await tx.query<CheckpointRow>(
      `SELECT ${checkpointColumns} FROM log_checkpoint WHERE $1::bigint IS NULL OR log_checkpoint.size < $1
       ORDER BY log_checkpoint.size DESC LIMIT 1`,
      [below],
    );
    return row === undefined ? null : toCheckpoint(row);
  },

  async checkpointFrom(tx, size) {
    const [row] = await tx.query<CheckpointRow>(
      `SELECT ${checkpointColumns} FROM log_checkpoint WHERE log_checkpoint.size >= $1
       ORDER BY log_checkpoint.size LIMIT 1`,
      [size],
    );
    return row === undefined ? null : toCheckpoint(row);
  },

  async checkpoints(tx, after, limit) {
    const rows = await tx.query<CheckpointRow>(
      `SELECT ${checkpointColumns} FROM log_checkpoint WHERE log_checkpoint.size > $1
       ORDER BY log_checkpoint.size LIMIT $2`,
      [after, limit],
    );
    return rows.map(toCheckpoint);
  },

  async unlogged(tx) {
    return tx.query<{ id: string; statement: Buffer }>(
      `SELECT e.id::text AS id, e.statement FROM ${besideTheLog} ORDER BY e.recorded_at, e.id`,
    );
  },

  async strays(tx, limit) {
    const rows = await tx.query<{ id: string; total: string }>(
      `SELECT e.id::text AS id, count(*) OVER () AS total FROM ${besideTheLog}
       ORDER BY e.recorded_at, e.id LIMIT $1`,
      [limit],
    );
    return { ids: rows.map(({ id }) => id), count: Number(rows[0]?.total ?? 0) };
  },

  ...auditStore,

  async firstOfMinute(tx, size) {
    const [row] = await tx.query<CheckpointRow>(
      `SELECT ${checkpointColumns} FROM log_checkpoint c
       WHERE c.size <= $1 AND c.signed_at >= (
         SELECT date_trunc('minute', newest.signed_at) FROM log_checkpoint newest WHERE newest.size = $1)
         AND EXISTS (SELECT FROM log_checkpoint newest WHERE newest.size = $1
           AND date_trunc('minute', newest.signed_at) = date_trunc('minute', clock_timestamp()))
         AND c.size > coalesce((
           SELECT before.size FROM log_checkpoint before WHERE before.size < $1 AND before.signed_at < (
             SELECT date_trunc('minute', newest.signed_at) FROM log_checkpoint newest WHERE newest.size = $1)
           ORDER BY before.size DESC LIMIT 1), 0)
       ORDER BY c.size LIMIT 1`,
      [size],
    );
    return row === undefined ? null : toCheckpoint(row);
  },

  async unsignedSince(tx, size) {
    const [row] = await tx.query<{ at: Date | null }>(
      `SELECT min(e.recorded_at) AS at FROM log_entry l JOIN evidence_record e ON e.id = l.evidence_id
       WHERE l.index >= $1`,
      [size],
    );
    return row?.at ?? null;
  },

  async introduceKey(tx, { keyId, publicKey }) {
    const rows = await tx.query(
      `INSERT INTO evidence_key (key_id, public_key) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING RETURNING key_id`,
      [keyId, Buffer.from(publicKey)],
    );
    return rows.length > 0;
  },

  async unintroduced(tx) {
    const rows = await tx.query<{ key_id: string }>(
      `SELECT key_id FROM evidence_key k WHERE NOT EXISTS (SELECT FROM audit_entry a
         WHERE a.subject = 'evidence-key:' || k.key_id AND a.action = 'evidence-key.introduced' AND a.outcome = 'done')
       ORDER BY first_used_at, key_id`,
    );
    return rows.map(({ key_id }) => key_id);
  },

  async keys(tx) {
    const rows = await tx.query<{ key_id: string; public_key: Buffer; first_used_at: Date }>(
      'SELECT key_id, public_key, first_used_at FROM evidence_key ORDER BY first_used_at, key_id',
    );
    return rows.map((row) => ({
      keyId: row.key_id,
      publicKey: row.public_key,
      firstUsedAt: row.first_used_at,
    }));
  },
};
