import type pg from 'pg';
import type { PrismaClient } from '../../../../prisma/generated/client.ts';
import type { PageReads } from '../../../application/ports/page-reads.ts';
import { remarksName } from '../../../domain/evidence/index.ts';
import { readErasures } from './erasures.ts';
import { evidenceList } from './evidence-list.ts';
import { type EvidenceRow, summaryColumns, toSummary } from './evidence-rows.ts';

type Reads = Pick<PageReads, 'evidence' | 'evidenceRecord' | 'evidenceAttachment' | 'evidenceFacets'>;

export function evidenceReads(pool: pg.Pool, prisma: PrismaClient): Reads {
  return {
    evidence: evidenceList(pool),

    async evidenceRecord(id) {
      const { rows } = await pool.query<EvidenceRow & { statement: Buffer; words: Buffer | null }>(
        `SELECT ${summaryColumns}, r.statement, a.content AS words FROM evidence_record r
         LEFT JOIN evidence_index i ON i.id = r.id
         LEFT JOIN evidence_attachment a ON a.evidence_id = r.id AND a.name = $2 WHERE r.id = $1`,
        [id, remarksName],
      );
      const [found] = rows;
      if (found === undefined) return null;
      const { statement, words, ...row } = found;
      const statementText = new TextDecoder().decode(statement);
      return {
        ...toSummary(row),
        statementText,
        statement: jsonOf(statementText),
        erasures: row.replayId === null ? [] : await readErasures(pool, row.replayId),
        remarks: words === null ? null : jsonOf(new TextDecoder().decode(words)),
      };
    },

    async evidenceAttachment(evidenceId, name) {
      const row = await prisma.evidenceAttachment.findUnique({
        where: { evidenceId_name: { evidenceId, name } },
      });
      return row === null ? null : new TextDecoder().decode(row.content);
    },

    async evidenceFacets() {
      const [contracts, requesters, approvers, erased] = await Promise.all([
        distinct(pool, 'evidence_index', 'contract_id'),
        distinct(pool, 'evidence_index', 'requested_by'),
        distinct(pool, 'decision', 'person_id'),
        pool.query<{ count: number }>(
          'SELECT count(DISTINCT replay_id)::int AS count FROM erasure WHERE unusable',
        ),
      ]);
      return { contracts, requesters, approvers, erasedReplays: erased.rows[0]?.count ?? 0 };
    },
  };
}

/** Whoever changed the bytes past all code takes nothing else of the record away: null, where they are no JSON. */
function jsonOf(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One step through an index for each value there is, and not one for each row. */
async function distinct(
  pool: pg.Pool,
  table: 'evidence_index' | 'decision',
  column: string,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ value: string }>(
    `WITH RECURSIVE found AS (
       (SELECT ${column} AS value FROM ${table} ORDER BY ${column} LIMIT 1)
       UNION ALL
       SELECT (SELECT t.${column} FROM ${table} t WHERE t.${column} > found.value ORDER BY t.${column} LIMIT 1)
       FROM found WHERE found.value IS NOT NULL
     ) SELECT value FROM found WHERE value IS NOT NULL`,
  );
  return rows.map(({ value }) => value);
}
