import type pg from 'pg';
import type { PrismaClient } from '../../../../prisma/generated/client.ts';
import type { PageReads } from '../../../application/ports/page-reads.ts';
import { isGenerated, remarksName, remarksNamed } from '../../../domain/evidence/index.ts';
import { readErasuresOfRecord } from './erasures.ts';
import { evidenceList } from './evidence-list.ts';
import { type EvidenceRow, summaryColumns, toSummary } from './evidence-rows.ts';

type Reads = Pick<PageReads, 'evidence' | 'evidenceRecord' | 'evidenceAttachment' | 'evidenceFacets'>;

type Stored = {
  readonly statement: Buffer;
  readonly words: Buffer | null;
  readonly wordsDigest: string | null;
};

export function evidenceReads(pool: pg.Pool, prisma: PrismaClient): Reads {
  return {
    evidence: evidenceList(pool),

    async evidenceRecord(id) {
      const { rows } = await pool.query<EvidenceRow & Stored>(
        `SELECT ${summaryColumns}, r.statement, a.content AS words,
           encode(sha256(a.content), 'hex') AS "wordsDigest" FROM evidence_record r
         LEFT JOIN evidence_index i ON i.id = r.id
         LEFT JOIN evidence_attachment a ON a.evidence_id = r.id AND a.name = $2 WHERE r.id = $1`,
        [id, remarksName],
      );
      const [found] = rows;
      if (found === undefined) return null;
      const { statement: bytes, words, wordsDigest, ...row } = found;
      const statementText = new TextDecoder().decode(bytes);
      const statement = jsonOf(statementText);
      const remarks =
        words === null || wordsDigest === null
          ? null
          : remarksNamed(statement, { text: new TextDecoder().decode(words), sha256: wordsDigest });
      return {
        ...toSummary(row),
        statementText,
        statement,
        // Of the statement, which is signed, and not of its index, which anybody with the database could set.
        generated: isGenerated(statement),
        erasures: await readErasuresOfRecord(pool, row),
        remarks,
        remarksReplaced: words !== null && remarks === null,
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
function jsonOf(text: string): unknown {
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
