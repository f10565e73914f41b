import type pg from 'pg';
import type { DiscrepancyChanges, PageReads } from '../../../application/ports/page-reads.ts';

type Side = NonNullable<DiscrepancyChanges['rows'][number]['before']>;
type ChangeRow = {
  key: string;
  derived_state: string;
  before_kind: Side['kind'] | null;
  before_fields: Side['fields'] | null;
  after_kind: Side['kind'] | null;
  after_fields: Side['fields'] | null;
};

/** A difference of the one replay beside the same one of the other; `fields` is json, which compares as text. */
const joined = `
  (SELECT * FROM discrepancy WHERE replay_id = $1) b
  FULL JOIN (SELECT * FROM discrepancy WHERE replay_id = $2) a USING (key, derived_state)`;
const unlike = '(b.kind, b.fields::text) IS DISTINCT FROM (a.kind, a.fields::text)';

export function discrepancyReads(pool: pg.Pool): Pick<PageReads, 'discrepancyChanges'> {
  return {
    async discrepancyChanges(before, after, limit) {
      const [counts, changes] = await Promise.all([
        pool.query<Record<'settled' | 'appeared' | 'changed' | 'same', number>>(
          `SELECT (count(*) FILTER (WHERE a.kind IS NULL))::int AS settled,
             (count(*) FILTER (WHERE b.kind IS NULL))::int AS appeared,
             (count(*) FILTER (WHERE a.kind IS NOT NULL AND b.kind IS NOT NULL AND ${unlike}))::int AS changed,
             (count(*) FILTER (WHERE NOT (${unlike})))::int AS same
           FROM ${joined}`,
          [before, after],
        ),
        pool.query<ChangeRow>(
          `SELECT key, derived_state, b.kind AS before_kind, b.fields AS before_fields, a.kind AS after_kind,
             a.fields AS after_fields
           FROM ${joined} WHERE ${unlike}
           ORDER BY greatest(b.magnitude, a.magnitude) DESC, key, derived_state LIMIT $3`,
          [before, after, limit],
        ),
      ]);
      return {
        ...(counts.rows[0] ?? { settled: 0, appeared: 0, changed: 0, same: 0 }),
        rows: changes.rows.map((row) => ({
          key: row.key,
          derivedState: row.derived_state,
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
