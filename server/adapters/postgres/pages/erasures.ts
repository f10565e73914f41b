import type pg from 'pg';
import type { ErasureView, PageReads } from '../../../application/ports/page-reads.ts';
import { type ErasedCounts, type ErasureKind, erasedBy, erasedParts } from '../../../domain/erasure/index.ts';
import { erasableNames } from '../../../domain/evidence/index.ts';

type Row = {
  id: string;
  kind: ErasureKind;
  erased_at: Date;
  older_than_days: number | null;
  reason: string;
  counts: ErasedCounts;
  unusable: boolean;
  attachments: string[];
};

const columns = 'id, kind, erased_at, older_than_days, reason, counts, unusable, attachments';

function toView(row: Row): ErasureView {
  return {
    id: row.id,
    at: row.erased_at.toISOString(),
    by: erasedBy({ kind: row.kind, olderThanDays: row.older_than_days }),
    reason: row.reason,
    counts: erasedParts.flatMap((part) => {
      const count = row.counts[part] ?? 0;
      return count === 0 ? [] : [{ part, count }];
    }),
    unusable: row.unusable,
    attachments: row.attachments,
  };
}

export function erasureReads(pool: pg.Pool): Pick<PageReads, 'erasuresOf' | 'erasureOfKey'> {
  return {
    erasuresOf: (replayId) => readErasures(pool, replayId),
    async erasureOfKey(replayId, key) {
      const { rows } = await pool.query<Row>(
        `SELECT ${columns} FROM erasure WHERE replay_id = $1 AND (kind = 'policy'
           OR encode(sha256(salt || convert_to($2, 'UTF8')), 'hex') = ANY (key_hashes))
         ORDER BY erased_at DESC LIMIT 1`,
        [replayId, key],
      );
      return rows[0] === undefined ? null : toView(rows[0]);
    },
  };
}

/** The newest first. */
export async function readErasures(pool: pg.Pool, replayId: string): Promise<readonly ErasureView[]> {
  const { rows } = await pool.query<Row>(
    `SELECT ${columns} FROM erasure WHERE replay_id = $1 ORDER BY erased_at DESC, id`,
    [replayId],
  );
  return rows.map(toView);
}

/**
 * Of a record's replay, and of what stands beside the record itself, which is also erased by hand. One row by hand may
 * name what stood beside several records: of it only what was this one's. The newest first.
 */
export async function readErasuresOfRecord(
  pool: pg.Pool,
  { id, replayId }: { readonly id: string; readonly replayId: string | null },
): Promise<readonly ErasureView[]> {
  const beside = erasableNames.map((name) => `${id}/${name}`);
  const { rows } = await pool.query<Row>(
    `SELECT ${columns} FROM erasure WHERE replay_id = $1 OR attachments && $2 ORDER BY erased_at DESC, id`,
    [replayId, beside],
  );
  return rows.map((row) => {
    if (row.kind !== 'by-hand') return toView(row);
    const attachments = row.attachments.filter((name) => beside.includes(name));
    return toView({ ...row, attachments, counts: { attachments: attachments.length } });
  });
}
