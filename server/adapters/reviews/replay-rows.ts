import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { Scope } from '../../domain/replay/index.ts';
import type { Amount, Differences, ReplayRow, ReviewRows } from '../../domain/review/index.ts';

/** Those that were compared with live states, in the order in which they were recorded. */
export async function replaysOf(tx: Transaction, incidentId: string): Promise<readonly ReplayRow[]> {
  const rows = await tx.query<
    Omit<ReplayRow, 'recordedAt' | 'scope'> & { recordedAt: Date; scope: Scope | null }
  >(
    `SELECT r.id::text AS "evidenceId", r.replay_id::text AS "replayId", r.contract_id AS "contractId", r.confidence,
       r.agreement, r.recorded_at AS "recordedAt", r.coverage_kind AS "coverageKind", p.scope,
       r.events_processed::float8 AS "eventsProcessed", r.projections_changed::float8 AS differing
     FROM incident_evidence l JOIN evidence_record r ON r.id = l.evidence_id LEFT JOIN replay p ON p.id = r.replay_id
     WHERE l.incident_id = $1 AND r.kind = 'replay' AND r.projections_changed IS NOT NULL
     ORDER BY r.recorded_at, r.id`,
    [incidentId],
  );
  return rows.map((row) => ({ ...row, recordedAt: row.recordedAt.toISOString() }));
}

export async function invariantsOf(
  tx: Transaction,
  replay: ReplayRow | undefined,
): Promise<ReviewRows['invariants']> {
  if (replay === undefined) return [];
  return tx.query<{ name: string; outcome: string }>(
    'SELECT name, outcome FROM replay_invariant WHERE replay_id = $1 ORDER BY name',
    [replay.replayId],
  );
}

const FIGURE = String.raw`^-?\d+(\.\d+)?$`;

/**
 * Differences are kept with U+0000 and halves of surrogate pairs, of which PostgreSQL makes no text. No figure holds
 * one. A backslash that is escaped itself escapes nothing.
 */
const UNREADABLE = String.raw`(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})`;

/**
 * Live minus history by derived state and field. A row that is missing, or too much, counts with its whole figure. Only
 * fields that the contract showed then, and still shows, are told: what an older description does not say is hidden.
 */
export async function differencesOf(
  tx: Transaction,
  replay: ReplayRow | undefined,
): Promise<Differences | null> {
  if (replay?.replayId == null) return null;
  const [count] = await tx.query<{ keys: number }>(
    'SELECT count(*)::int AS keys FROM (SELECT key FROM discrepancy WHERE replay_id = $1 GROUP BY key) AS each',
    [replay.replayId],
  );
  const rows = await tx.query<Amount & { shown: boolean }>(
    `WITH off AS (
       SELECT d.derived_state, f.field, count(*) FILTER (WHERE by.figure <> 0)::int AS rows, sum(by.figure) AS sum,
         sum(abs(by.figure)) AS size
       FROM discrepancy d
       CROSS JOIN LATERAL json_to_recordset(CASE WHEN strpos(d.fields::text, '\\u') = 0 THEN d.fields
         ELSE regexp_replace(d.fields::text, $3, '\\1\\\\ufffd', 'g')::json END) AS f(field text, history text, live text)
       CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(f.history, '0') ~ $2 AND coalesce(f.live, '0') ~ $2
         THEN coalesce(f.live, '0')::numeric - coalesce(f.history, '0')::numeric END AS figure
         -- Worked out once, and not in each of the sums.
         OFFSET 0) AS by
       WHERE d.replay_id = $1 GROUP BY d.derived_state, f.field),
     shown AS (
       SELECT coalesce(v.description #> '{watch,shown}', '{}') AS fields, row_number() OVER (ORDER BY v.version DESC) AS back,
         v.version = p.contract_version AS own
       FROM replay p JOIN contract_version v ON v.contract_id = p.contract_id WHERE p.id = $1)
     SELECT derived_state AS "derivedState", field, rows, trim_scale(sum)::text AS sum, trim_scale(size)::text AS size,
       coalesce((SELECT bool_and(coalesce(fields -> derived_state ? field, false)) FROM shown WHERE back = 1 OR own),
         false) AS shown
     FROM off WHERE rows > 0 ORDER BY derived_state, field`,
    [replay.replayId, FIGURE, UNREADABLE],
  );
  const amounts = rows.filter(({ shown }) => shown).map(({ shown: _, ...amount }) => amount);
  return { keys: count?.keys ?? 0, amounts, hidden: rows.length - amounts.length };
}

/** By all promotions of the incident that wrote anything. */
export async function writtenOf(tx: Transaction, incidentId: string): Promise<ReviewRows['written']> {
  const [row] = await tx.query<{ promotions: number; rows: number }>(
    `SELECT count(*)::int AS promotions, coalesce(sum((p.outcome ->> 'written')::int), 0)::int AS rows
     FROM incident_evidence l JOIN promotion p ON p.evidence_id = l.evidence_id
     WHERE l.incident_id = $1 AND coalesce((p.outcome ->> 'written')::int, 0) > 0`,
    [incidentId],
  );
  return row ?? { promotions: 0, rows: 0 };
}
