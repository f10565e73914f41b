import type { EvidenceLogStore, StoredCosignature } from '../../application/ports/evidence-log.ts';
import { type CheckpointRow, checkpointColumns, toCheckpoint } from './checkpoint-row.ts';

type Row = {
  size: string;
  name: string;
  key_id: string;
  public_key: Buffer;
  seconds: string;
  signature: Buffer;
};

const columns = 'size::text, name, key_id, public_key, seconds::text, signature';

const toCosignature = (row: Row): StoredCosignature => ({
  size: Number(row.size),
  name: row.name,
  keyId: row.key_id,
  publicKey: row.public_key,
  seconds: Number(row.seconds),
  signature: row.signature,
});

/** What witnesses have cosigned of the log, beside its checkpoints. */
export const cosignatureStore: Pick<
  EvidenceLogStore,
  'addCosignature' | 'cosignatures' | 'cosignedFrom' | 'lastCosignature' | 'isRefused' | 'latestFork'
> = {
  async addCosignature(tx, { size, name, keyId, publicKey, seconds, signature }) {
    const rows = await tx.query(
      `INSERT INTO log_cosignature (size, name, key_id, public_key, seconds, signature) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING RETURNING size`,
      [size, name, keyId, Buffer.from(publicKey), seconds, Buffer.from(signature)],
    );
    return rows.length > 0;
  },

  async cosignatures(tx, size) {
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM log_cosignature WHERE log_cosignature.size = $1 ORDER BY name COLLATE "C", key_id`,
      [size],
    );
    return rows.map(toCosignature);
  },

  async cosignedFrom(tx, size, witnesses) {
    const [row] = await tx.query<CheckpointRow>(
      `SELECT ${checkpointColumns} FROM log_checkpoint c WHERE c.size >= $1 AND NOT EXISTS (
         SELECT FROM unnest($2::text[], $3::text[], $4::bytea[]) AS asked(name, key_id, public_key)
         WHERE NOT EXISTS (SELECT FROM log_cosignature s WHERE s.size = c.size AND s.name = asked.name
           AND s.key_id = asked.key_id AND s.public_key = asked.public_key))
       ORDER BY c.size LIMIT 1`,
      [
        size,
        witnesses.map(({ name }) => name),
        witnesses.map(({ keyId }) => keyId),
        witnesses.map(({ publicKey }) => Buffer.from(publicKey)),
      ],
    );
    return row === undefined ? null : toCheckpoint(row);
  },

  async lastCosignature(tx, { name, keyId, publicKey }) {
    const [row] = await tx.query<Row>(
      `SELECT ${columns} FROM log_cosignature WHERE name = $1 AND key_id = $2 AND public_key = $3
       ORDER BY log_cosignature.size DESC LIMIT 1`,
      [name, keyId, Buffer.from(publicKey)],
    );
    return row === undefined ? null : toCosignature(row);
  },

  async isRefused(tx, { actor, subject, code }) {
    const rows = await tx.query(
      `SELECT FROM audit_entry WHERE subject = $1 AND action = 'checkpoint.cosigned' AND outcome = 'refused'
         AND actor = $2 AND detail ->> 'code' = $3 LIMIT 1`,
      [subject, actor, code],
    );
    return rows.length > 0;
  },

  async latestFork(tx) {
    const [row] = await tx.query<{ at: Date; sentence: string | null }>(
      `SELECT recorded_at AS at, detail ->> 'sentence' AS sentence FROM audit_entry
       WHERE action = 'checkpoint.cosigned' AND outcome = 'refused' AND detail ->> 'code' = 'checkpoint-other'
       ORDER BY id DESC LIMIT 1`,
    );
    return row === undefined ? null : { at: row.at, sentence: row.sentence ?? '' };
  },
};
