import type pg from 'pg';
import { z } from 'zod';
import type { AuditRow, PageReads } from '../../../application/ports/page-reads.ts';
import { decodeCursor, toPage } from '../../../domain/shared/cursors.ts';

type Row = Omit<AuditRow, 'at'> & { readonly at: Date };

const lastId = z.tuple([z.string().regex(/^\d{1,19}$/)]);

export function auditReads(pool: pg.Pool): Pick<PageReads, 'audit' | 'auditActions'> {
  return {
    async audit(filter, { cursor, limit }) {
      // By e.id, the number: a bare id in ORDER BY would be the text that is selected under that name.
      const before = cursor === undefined ? null : decodeCursor(cursor, lastId);
      const { rows } = await pool.query<Row>(
        `SELECT e.id::text, recorded_at AS at, actor, action, subject, outcome, origin, detail FROM audit_entry e
         WHERE ($1::text IS NULL OR actor = $1)
           AND ($2::text IS NULL OR action = $2)
           AND ($3::text IS NULL OR outcome = $3)
           AND ($4::text IS NULL OR position($4 IN subject) > 0)
           AND ($5::timestamptz IS NULL OR recorded_at >= $5)
           AND ($6::timestamptz IS NULL OR recorded_at < $6)
           AND ($7::bigint IS NULL OR e.id < $7)
         ORDER BY e.id DESC LIMIT $8`,
        [
          filter.actor ?? null,
          filter.action ?? null,
          filter.outcome ?? null,
          filter.subject ?? null,
          filter.since ?? null,
          filter.until ?? null,
          before?.[0] ?? null,
          limit + 1,
        ],
      );
      return toPage(
        rows.map((row) => ({ ...row, at: row.at.toISOString() })),
        limit,
        (row) => [row.id],
      );
    },

    async auditActions() {
      // One step through the index for each action there is, and not one for each entry.
      const { rows } = await pool.query<{ action: string }>(
        `WITH RECURSIVE found AS (
           (SELECT action FROM audit_entry ORDER BY action LIMIT 1)
           UNION ALL
           SELECT (SELECT e.action FROM audit_entry e WHERE e.action > found.action ORDER BY e.action LIMIT 1)
           FROM found WHERE found.action IS NOT NULL
         ) SELECT action FROM found WHERE action IS NOT NULL`,
      );
      return rows.map(({ action }) => action);
    },
  };
}
