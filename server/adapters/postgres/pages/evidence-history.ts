import type pg from 'pg';
import type { EvidenceAge, EvidenceHistory, PageReads } from '../../../application/ports/page-reads.ts';

type Reads = Pick<PageReads, 'evidenceAges' | 'evidenceOverTime'>;

/** Trusted evidence of the whole history, by the index of a contract's records. Generated ones are none. */
const trusted = `kind = 'replay' AND confidence = 'trusted' AND coverage_kind = 'whole' AND NOT generated`;
const GAPS_AT_MOST = 100;
/** Gaps nearer to each other than this are drawn as one: a strip of 18 months can't show less. */
const DRAWN_APART = '2 days';

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
      const [months, gaps, drawn] = await Promise.all([
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
        maxAgeHours === null ? { rows: [] } : readDrawn(pool, contractId, { since, until, maxAgeHours }),
      ]);
      return {
        months: months.rows,
        gaps: gaps.rows.map(toGap),
        gapCount: gaps.rows[0]?.count ?? 0,
        gapsDrawn: drawn.rows.map(({ from, to }) => ({ from: from.toISOString(), to: to.toISOString() })),
      };
    },
  };
}

type Window = { readonly since: Date; readonly until: Date; readonly maxAgeHours: number };
type GapRow = { readonly from: Date; readonly to: Date; readonly open: boolean; readonly count: number };

/**
 * A gap begins when the evidence before it has come of age, and ends with the next, or lasts until now. Where there is
 * none before it, it begins with the contract, or with the window: what was never proven is no time without a gap.
 */
const gapsOf = `WITH before AS (
    SELECT max(recorded_at) AS at FROM evidence_index WHERE contract_id = $1 AND ${trusted} AND recorded_at < $2
  ), marks AS (
    SELECT recorded_at AS at, recorded_at + $4 * interval '1 hour' AS good_until FROM evidence_index
    WHERE contract_id = $1 AND ${trusted} AND recorded_at <= $3
      AND recorded_at >= coalesce((SELECT at FROM before), $2)
    UNION ALL
    SELECT began.at, began.at FROM (
      SELECT greatest(min(registered_at), $2::timestamptz) AS at FROM contract_version WHERE contract_id = $1
    ) AS began WHERE began.at < $3 AND NOT EXISTS (
      SELECT FROM evidence_index WHERE contract_id = $1 AND ${trusted} AND recorded_at <= began.at
    )
  ), gaps AS (
    SELECT good_until AS "from", coalesce(next, $3) AS "to", next IS NULL AS open FROM (
      SELECT good_until, lead(at) OVER (ORDER BY at) AS next FROM marks
    ) AS proofs WHERE coalesce(next, $3) > good_until
  )`;
const given = (contractId: string, { since, until, maxAgeHours }: Window) => [
  contractId,
  since,
  until,
  maxAgeHours,
];

/** The latest of them, each with how many there are. */
const readGaps = (pool: pg.Pool, contractId: string, window: Window) =>
  pool.query<GapRow>(
    `${gapsOf} SELECT *, count(*) OVER ()::int AS count FROM gaps ORDER BY "from" DESC LIMIT ${GAPS_AT_MOST}`,
    given(contractId, window),
  );

/** All of them, those together that are drawn as one. */
const readDrawn = (pool: pg.Pool, contractId: string, window: Window) =>
  pool.query<Pick<GapRow, 'from' | 'to'>>(
    `${gapsOf} SELECT min("from") AS "from", max("to") AS "to" FROM (
       SELECT *, count(*) FILTER (WHERE apart) OVER (ORDER BY "from") AS stretch FROM (
         SELECT *, "from" - lag("to") OVER (ORDER BY "from") >= interval '${DRAWN_APART}' AS apart FROM gaps
       ) AS each
     ) AS stretches GROUP BY stretch ORDER BY "from"`,
    given(contractId, window),
  );

const toGap = ({ from, to, open }: GapRow): EvidenceHistory['gaps'][number] => ({
  from: from.toISOString(),
  to: to.toISOString(),
  open,
});
