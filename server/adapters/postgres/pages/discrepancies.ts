import type pg from 'pg';
import type {
  DifferenceCourse,
  DiscrepancyChanges,
  PageReads,
} from '../../../application/ports/page-reads.ts';

type Side = NonNullable<DiscrepancyChanges['rows'][number]['before']>;
type ChangeRow = {
  key: string;
  derived_state: string;
  became: DifferenceCourse;
  before_kind: Side['kind'] | null;
  before_fields: Side['fields'] | null;
  after_kind: Side['kind'] | null;
  after_fields: Side['fields'] | null;
};

/**
 * Whether the replay has compared the key of a difference that only the other one has: it has compared that state at
 * all, and the key is in what it covers. Over some partitions that is a key that it has a state of; a row too many has
 * no state, and is placed by its partition, unless there were rows that could not be placed.
 */
const hasCompared = (replay: 'rb' | 'ra', comparison: 'cb' | 'ca') => `(${comparison}.outcome IS NOT NULL
  AND CASE WHEN ${replay}.coverage->>'kind' = 'whole' THEN true
    WHEN ${replay}.scope->>'kind' = 'keys' THEN ${replay}.scope->'keys' ? d.key
    ELSE EXISTS (SELECT FROM shadow_state s WHERE s.replay_id = ${replay}.id AND s.key = d.key)
      OR (coalesce(d.before_kind, d.after_kind) = 'extra' AND ${comparison}.result->>'unplaced' IS NULL
        AND EXISTS (SELECT FROM replay_partition p WHERE p.replay_id = ${replay}.id AND p.partition = d.partition)) END)`;

/** A difference of the one replay beside the same one of the other; `fields` is json, which compares as text. */
const beside = `
  SELECT d.*, CASE
      WHEN d.after_kind IS NULL AND ${hasCompared('ra', 'ca')} THEN 'settled'
      WHEN d.after_kind IS NULL THEN 'not-compared-any-more'
      WHEN d.before_kind IS NULL AND ${hasCompared('rb', 'cb')} THEN 'new'
      WHEN d.before_kind IS NULL THEN 'not-compared-before'
      WHEN (d.before_kind, d.before_fields::text) IS DISTINCT FROM (d.after_kind, d.after_fields::text) THEN 'changed'
      ELSE 'same' END AS became
  FROM (SELECT key, derived_state, coalesce(b.partition, a.partition) AS partition, b.kind AS before_kind,
      b.fields AS before_fields, a.kind AS after_kind, a.fields AS after_fields,
      greatest(b.magnitude, a.magnitude) AS magnitude
    FROM (SELECT * FROM discrepancy WHERE replay_id = $1) b
    FULL JOIN (SELECT * FROM discrepancy WHERE replay_id = $2) a USING (key, derived_state)) d
  JOIN replay rb ON rb.id = $1
  JOIN replay ra ON ra.id = $2
  LEFT JOIN replay_comparison cb ON cb.replay_id = $1 AND cb.derived_state = d.derived_state
    AND cb.outcome <> 'could-not-compare'
  LEFT JOIN replay_comparison ca ON ca.replay_id = $2 AND ca.derived_state = d.derived_state
    AND ca.outcome <> 'could-not-compare'`;

export function discrepancyReads(pool: pg.Pool): Pick<PageReads, 'discrepancyChanges'> {
  return {
    async discrepancyChanges(before, after, limit) {
      const [counts, changes] = await Promise.all([
        pool.query<{ became: DifferenceCourse | 'same'; count: number }>(
          `SELECT became, count(*)::int AS count FROM (${beside}) AS each GROUP BY became`,
          [before, after],
        ),
        pool.query<ChangeRow>(
          `SELECT key, derived_state, became, before_kind, before_fields, after_kind, after_fields
           FROM (${beside}) AS each WHERE became <> 'same'
           ORDER BY magnitude DESC, key, derived_state LIMIT $3`,
          [before, after, limit],
        ),
      ]);
      const of = (became: DifferenceCourse | 'same') =>
        counts.rows.find((each) => each.became === became)?.count ?? 0;
      return {
        settled: of('settled'),
        notComparedAnyMore: of('not-compared-any-more'),
        appeared: of('new'),
        notComparedBefore: of('not-compared-before'),
        changed: of('changed'),
        same: of('same'),
        rows: changes.rows.map((row) => ({
          key: row.key,
          derivedState: row.derived_state,
          became: row.became,
          before: sideOf(row.before_kind, row.before_fields),
          after: sideOf(row.after_kind, row.after_fields),
        })),
      };
    },
  };
}

function sideOf(kind: Side['kind'] | null, fields: Side['fields'] | null): Side | null {
  return kind === null ? null : { kind, fields: fields ?? [] };
}
