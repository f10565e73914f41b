import type pg from 'pg';
import { z } from 'zod';
import type { FindingRow, PageReads } from '../../../application/ports/page-reads.ts';
import { findingKinds } from '../../../domain/replay/index.ts';
import { decodeCursor, toPage } from '../../../domain/shared/cursors.ts';

const position = z.string().regex(/^\d{1,19}$/);
const afterFinding = z.tuple([z.enum(findingKinds), z.number().int(), position, position]);

export function findingReads(pool: pg.Pool): Pick<PageReads, 'findings'> {
  return {
    async findings(replayId, kind, { cursor, limit }) {
      const [afterKind, partition, offset, id] =
        cursor === undefined ? [null, null, null, null] : decodeCursor(cursor, afterFinding);
      const { rows } = await pool.query<FindingRow>(
        `SELECT id, kind, partition, "offset", "to", key, event_id AS "eventId", event_type AS "eventType", detail
         FROM replay_finding
         WHERE replay_id = $1 AND ($2::text IS NULL OR kind = $2)
           AND ($3::text IS NULL OR (kind, partition, "offset", id) > ($3, $4::int, $5::bigint, $6::bigint))
         ORDER BY kind, partition, "offset", id LIMIT $7`,
        [replayId, kind ?? null, afterKind, partition, offset, id, limit + 1],
      );
      return toPage(rows, limit, (row) => [row.kind, row.partition, row.offset, row.id]);
    },
  };
}
