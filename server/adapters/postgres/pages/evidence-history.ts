import type pg from 'pg';
import type { EvidenceAge, EvidenceHistory, PageReads } from '../../../application/ports/page-reads.ts';

type Reads = Pick<PageReads, 'evidenceAges' | 'evidenceOverTime'>;

/** Trusted evidence of the whole history, by the index of a contract's records. Generated ones are none. */
const trusted = `kind = 'replay' AND confidence = 'trusted' AND coverage_kind = 'whole' AND NOT generated`;
const GAPS_AT_MOST = 100;

export function evidenceHistoryReads(pool: pg.Pool): Reads {
  return {
    async evidenceAges(contractId) {
      const { rows } = await pool.query<{
        contract_id: string;
        hours: number | null;
        id: string | null;
        recorded_at: Date | null;
      }>(
        `SELECT v.contract_id, (v.description ->> 'maxEvidenceAgeHours')::float8 AS hours, e.id, e.recorded_at FROM (
           SELECT DISTINCT ON (contract_id) contract_id, description FROM contract_version
           WHERE $1::text IS NULL OR contract_id = $1 ORDER BY contract_id, version DESC
         ) v LEFT JOIN LATERAL (
           SELECT i.id, i.recorded_at FROM evidence_index i WHERE i.contract_id = v.contract_id AND ${trusted}
           ORDER BY i.recorded_at DESC, i.id DESC LIMIT 1
         ) e ON true ORDER BY v.contract_id`,
        [contractId ?? null],
      );
      return rows.map(
        (row): EvidenceAge => ({
          contractId: row.contract_id,
          maxAgeHours: row.hours,
          latestTrusted:
            row.id === null || row.recorded_at === null
              ? null
              : { id: row.id, recordedAt: row.recorded_at.toISOString() },
        }),
      );
    },

    async evidenceOverTime(contractId, { since, until, maxAgeHours }) {
      const [months, gaps] = await Promise.all([
        pool.query<EvidenceHistory['months'][number]>(
          `SELECT to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
             count(*) FILTER (WHERE confidence = 'trusted')::int AS trusted,
             count(*) FILTER (WHERE confidence = 'suspect')::int AS suspect,
             count(*) FILTER (WHERE confidence = 'untrusted')::int AS untrusted
           FROM evidence_index WHERE contract_id = $1 AND kind = 'replay' AND confidence IS NOT NULL AND NOT generated
             AND recorded_at >= $2 AND recorded_at <= $3 GROUP BY month ORDER BY month`,
          [contractId, since, until],
        ),
        maxAgeHours === null ? { rows: [] } : readGaps(pool, contractId, { since, until, maxAgeHours }),
      ]);
      return { months: months.rows, gaps: gaps.rows.map(toGap) };
    },
  };
}

type GapRow = { readonly from: Date; readonly to: Date; readonly open: boolean };

/** A gap begins when the evidence before it has come of age, and ends with the next, or lasts until now. */
function readGaps(
  pool: pg.Pool,
  contractId: string,
  window: { readonly since: Date; readonly until: Date; readonly maxAgeHours: number },
) {
  return pool.query<GapRow>(
    `SELECT recorded_at + $4 * interval '1 hour' AS "from", coalesce(next, $3) AS "to", next IS NULL AS open FROM (
       SELECT recorded_at, lead(recorded_at) OVER (ORDER BY recorded_at) AS next FROM evidence_index
       WHERE contract_id = $1 AND ${trusted} AND recorded_at <= $3
         AND recorded_at >= coalesce((
           SELECT max(recorded_at) FROM evidence_index WHERE contract_id = $1 AND ${trusted} AND recorded_at < $2
         ), $2)
     ) AS proofs WHERE coalesce(next, $3) > recorded_at + $4 * interval '1 hour'
     ORDER BY recorded_at DESC LIMIT ${GAPS_AT_MOST}`,
    [contractId, window.since, window.until, window.maxAgeHours],
  );
}

const toGap = ({ from, to, open }: GapRow): EvidenceHistory['gaps'][number] => ({
  from: from.toISOString(),
  to: to.toISOString(),
  open,
});
