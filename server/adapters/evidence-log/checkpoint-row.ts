import type { StoredCheckpoint } from '../../application/ports/evidence-log.ts';

export type CheckpointRow = { size: string; root: Buffer; note: string; signed_at: Date };

export const checkpointColumns = 'size::text, root, note, signed_at';

export const toCheckpoint = (row: CheckpointRow): StoredCheckpoint => ({
  size: Number(row.size),
  root: row.root,
  note: row.note,
  signedAt: row.signed_at,
});
