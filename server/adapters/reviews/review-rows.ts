import type { ReviewStore } from '../../application/ports/reviews.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { type IncidentStatus, milestones } from '../../domain/incident/index.ts';
import {
  type EvidenceFact,
  proving,
  type ReviewRows,
  type TimelineFact,
  worstOf,
} from '../../domain/review/index.ts';
import { differencesOf, invariantsOf, replaysOf, writtenOf } from './replay-rows.ts';

type IncidentRecord = {
  id: string;
  title: string;
  kind: ReviewRows['incident']['kind'];
  cause: string;
  class: ReviewRows['incident']['class'];
  contract_id: string | null;
  status: IncidentStatus;
  began_at: Date;
  opened_at: Date;
  clock_from: Date;
  opened_by: string;
  acknowledged_at: Date | null;
  recovered_at: Date | null;
  reopened: number;
  facts: Record<string, string>;
  recovery_evidence_id: string | null;
  recovery_reason: string | null;
};

/** As much as anybody reads of an incident, and its page shows. Figures are of all there is. */
const MOST_RECORDS = 200;
const MOST_LINES = 500;

export const reviewRows: ReviewStore['rows'] = async (tx, incidentId) => {
  const [row] = await tx.query<IncidentRecord>(
    `SELECT id::text, title, kind, cause, class, contract_id, status, began_at, opened_at, clock_from, opened_by,
       acknowledged_at, recovered_at, reopened, facts, recovery_evidence_id::text, recovery_reason
     FROM incident WHERE id = $1`,
    [incidentId],
  );
  if (row === undefined) return null;
  const records = await recordsOf(tx, incidentId);
  const starred = await starredOf(tx, incidentId);
  const replays = await replaysOf(tx, incidentId);
  const { before, after } = proving(replays, row.recovery_evidence_id);
  return {
    status: row.status,
    rows: {
      incident: {
        id: row.id,
        title: row.title,
        kind: row.kind,
        cause: row.cause,
        class: row.class,
        contractId: row.contract_id,
        beganAt: row.began_at.toISOString(),
        openedAt: row.opened_at.toISOString(),
        clockFrom: row.clock_from.toISOString(),
        openedBy: row.opened_by,
        acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
        recoveredAt: row.recovered_at?.toISOString() ?? null,
        reopened: row.reopened,
        facts: row.facts,
        recoveryEvidenceId: row.recovery_evidence_id,
        recoveryReason: row.recovery_reason,
      },
      starred: starred.shown,
      records: records.shown,
      leftOut: { timeline: starred.leftOut, evidence: records.leftOut },
      replays,
      invariants: await invariantsOf(tx, after ?? before),
      differences: await differencesOf(tx, worstOf(replays)),
      spent: await spentOf(tx, row),
      written: await writtenOf(tx, incidentId),
    },
  };
};

/** As many as are shown, and how many more there are. */
type Cut<Row> = { readonly shown: readonly Row[]; readonly leftOut: number };

const cut = <Row>(rows: readonly { readonly total: number }[], shown: readonly Row[]): Cut<Row> => ({
  shown,
  leftOut: (rows[0]?.total ?? 0) - shown.length,
});

/** Each with what was said instead of it later, and instead of that. */
async function starredOf(tx: Transaction, incidentId: string): Promise<Cut<TimelineFact>> {
  const rows = await tx.query<{
    id: string;
    kind: TimelineFact['kind'];
    occurred_at: Date;
    actor: string;
    text: string;
    detail: { readonly from?: unknown; readonly to?: unknown };
    evidence_id: string | null;
    corrections: NonNullable<TimelineFact['corrections']> | null;
    total: number;
  }>(
    `WITH correction AS MATERIALIZED (
       SELECT id, corrects, json_build_object('entryId', id::text, 'actor', actor, 'text', text, 'at',
         to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS said
       FROM incident_entry WHERE incident_id = $1 AND corrects IS NOT NULL)
     SELECT e.id::text, e.kind, e.occurred_at, e.actor, e.text, e.detail, e.evidence_id::text, c.corrections,
       count(*) OVER ()::int AS total
     FROM incident_entry e
     LEFT JOIN LATERAL (SELECT s.starred FROM incident_star s WHERE s.entry_id = e.id ORDER BY s.id DESC LIMIT 1) s
       ON true
     CROSS JOIN LATERAL (
       WITH RECURSIVE later AS (
         SELECT n.id, n.said FROM correction n WHERE n.corrects = e.id
         UNION ALL SELECT n.id, n.said FROM later l JOIN correction n ON n.corrects = l.id)
       SELECT json_agg(said ORDER BY id) AS corrections FROM later) c
     WHERE e.incident_id = $1 AND coalesce(s.starred, e.kind = ANY($3)) ORDER BY e.occurred_at, e.id LIMIT $2`,
    [incidentId, MOST_LINES, milestones],
  );
  const shown = rows.map((row) => ({
    entryId: row.id,
    at: row.occurred_at.toISOString(),
    kind: row.kind,
    actor: row.actor,
    text: row.text,
    evidenceId: row.evidence_id,
    ...changeOf(row),
    ...(row.corrections === null ? {} : { corrections: row.corrections }),
  }));
  return cut(rows, shown);
}

/** Which class it became, or whose it is now. */
function changeOf({
  kind,
  detail: { from, to },
}: {
  readonly kind: TimelineFact['kind'];
  readonly detail: { readonly from?: unknown; readonly to?: unknown };
}): Pick<TimelineFact, 'classes' | 'assignee'> {
  if (kind === 'assigned' && (to === null || typeof to === 'string')) return { assignee: to };
  if (kind === 'escalated' && typeof to === 'string') return { assignee: to };
  const isClass = kind === 'class-changed' || kind === 'worse';
  return isClass && typeof from === 'string' && typeof to === 'string' ? { classes: { from, to } } : {};
}

/** Where they are too many, those of single steps of runbooks are left out first, and then the oldest. */
async function recordsOf(tx: Transaction, incidentId: string): Promise<Cut<EvidenceFact>> {
  const rows = await tx.query<{
    id: string;
    kind: string;
    status: string;
    confidence: string | null;
    agreement: string | null;
    digest: string;
    recorded_at: Date;
    total: number;
  }>(
    `SELECT * FROM (SELECT r.id::text, r.kind, r.status, r.confidence, r.agreement, r.digest, r.recorded_at,
         count(*) OVER ()::int AS total
       FROM incident_evidence l JOIN evidence_record r ON r.id = l.evidence_id
       WHERE l.incident_id = $1 AND r.kind <> 'review'
       ORDER BY r.kind = 'runbook-step', r.recorded_at DESC, r.id DESC LIMIT $2) AS kept
     ORDER BY recorded_at, id`,
    [incidentId, MOST_RECORDS],
  );
  const shown = rows.map((row) => ({
    evidenceId: row.id,
    kind: row.kind,
    status: row.status,
    confidence: row.confidence,
    agreement: row.agreement,
    digest: row.digest,
    recordedAt: row.recorded_at.toISOString(),
  }));
  return cut(rows, shown);
}

/**
 * Of the budgets of its contract, in the minutes of which any part was the incident; what was taken back was not spent.
 * A spend goes on for as long as its cause does, before the incident and after it: so what counts are its minutes.
 */
async function spentOf(tx: Transaction, row: IncidentRecord): Promise<ReviewRows['spent']> {
  if (row.contract_id === null) return null;
  const span = [row.contract_id, row.began_at, row.recovered_at];
  const [measured] = await tx.query<{ any: boolean }>(
    `SELECT EXISTS (SELECT FROM budget_tick WHERE contract_id = $1 AND at > $2::timestamptz - interval '1 hour'
       AND at + make_interval(secs => seconds) > $2 AND at < coalesce($3, clock_timestamp())) AS any`,
    span,
  );
  if (measured?.any !== true) return null;
  return tx.query<NonNullable<ReviewRows['spent']>[number]>(
    `SELECT s.indicator, s.subject, sum(t.amount)::float8 AS amount
     FROM budget_spend s JOIN budget_spend_tick t ON t.spend_id = s.id
     WHERE s.contract_id = $1 AND s.taken_back_at IS NULL AND s.to_at >= $2
       AND s.from_at <= coalesce($3, clock_timestamp())
       AND t.at + interval '1 minute' > $2 AND t.at < coalesce($3, clock_timestamp())
     GROUP BY s.indicator, s.subject ORDER BY s.indicator, s.subject`,
    span,
  );
}
