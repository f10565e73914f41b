import type pg from 'pg';
import type { LagReads, SubjectFigures } from '../../application/ports/lag-reads.ts';
import type { SampleStep, SeriesBucket } from '../../domain/lag/index.ts';
import { toPartitions } from './lag-store.ts';

type Row = Omit<SubjectFigures, 'partitions' | 'overMs'> & {
  readonly overMs: string | null;
  readonly partitions: Parameters<typeof toPartitions>[0];
};

const select = `SELECT s.id, s.contract_id AS "contractId", coalesce(v.description->>'title', s.contract_id) AS "contractTitle",
    s.kind, s.name, s.topic, s.step_ms AS "stepMs", s.over_ms AS "overMs", s.sampled_at AS "sampledAt",
    s.group_state AS "groupState", s.members, s.verdict, s.rule, s.rule_partition AS "rulePartition",
    s.verdict_since AS "verdictSince", s.problem, s.problem_at AS "problemAt", s.partitions
  FROM lag_subject s LEFT JOIN LATERAL (
    SELECT description FROM contract_version WHERE contract_id = s.contract_id ORDER BY version DESC LIMIT 1) v ON true
  WHERE s.retired_at IS NULL
    AND NOT EXISTS (SELECT FROM contract_file f WHERE f.contract_id = s.contract_id AND f.gone_at IS NOT NULL)`;

const sources: Readonly<Record<SampleStep, string>> = {
  sample: `SELECT at, total AS low, total AS high, worst_ms AS min_ms, worst_ms AS max_ms FROM lag_sample
           WHERE subject_id = $1 AND at >= $2 AND at < $3`,
  minute: `SELECT at, min_records AS low, max_records AS high, min_ms, max_ms FROM lag_rollup
           WHERE subject_id = $1 AND seconds = 60 AND at >= $2 AND at < $3`,
  hour: `SELECT at, min_records AS low, max_records AS high, min_ms, max_ms FROM lag_rollup
         WHERE subject_id = $1 AND seconds = 3600 AND at >= $2 AND at < $3`,
};

export function lagReads(pool: pg.Pool): LagReads {
  const toFigures = (row: Row): SubjectFigures => ({
    ...row,
    overMs: row.overMs === null ? null : Number(row.overMs),
    partitions: toPartitions(row.partitions),
  });
  return {
    async subjects() {
      const { rows } = await pool.query<Row>(`${select} ORDER BY s.contract_id, s.kind, s.name`);
      return rows.map(toFigures);
    },
    async subject(contractId, kind, name) {
      const { rows } = await pool.query<Row>(
        `${select} AND s.contract_id = $1 AND s.kind = $2 AND s.name = $3`,
        [contractId, kind, name],
      );
      return rows[0] === undefined ? null : toFigures(rows[0]);
    },
    async buckets(subjectId, { from, to, step, bucketMs }) {
      const { rows } = await pool.query<SeriesBucket>(
        `SELECT (extract(epoch FROM min(at)) * 1000)::float8 AS "firstMs",
           (extract(epoch FROM max(at)) * 1000)::float8 AS "lastMs",
           min(low)::float8 AS "minRecords", max(high)::float8 AS "maxRecords",
           min(min_ms)::float8 AS "minAgeMs", max(max_ms)::float8 AS "maxAgeMs"
         FROM (${sources[step]}) AS fine
         GROUP BY date_bin($4::float8 * interval '1 ms', at, $2::timestamptz) ORDER BY 1`,
        [subjectId, from, to, bucketMs],
      );
      return rows;
    },
  };
}
