import type { ReviewStore } from '../../application/ports/reviews.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { IncidentStatus } from '../../domain/incident/index.ts';
import type { RecordRow, ReviewRows, TimelineFact } from '../../domain/review/index.ts';

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

/** As much as anybody reads of an incident, and its page shows. */
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
      starred: await starredOf(tx, incidentId),
      records,
      invariants: await invariantsOf(tx, records),
      spent: await spentOf(tx, row),
      written: await writtenOf(tx, records),
    },
  };
};

async function starredOf(tx: Transaction, incidentId: string): Promise<readonly TimelineFact[]> {
  const rows = await tx.query<{
    id: string;
    kind: TimelineFact['kind'];
    occurred_at: Date;
    actor: string;
    text: string;
    evidence_id: string | null;
  }>(
    `SELECT e.id::text, e.kind, e.occurred_at, e.actor, e.text, e.evidence_id::text FROM incident_entry e
     CROSS JOIN LATERAL (SELECT s.starred FROM incident_star s WHERE s.entry_id = e.id ORDER BY s.id DESC LIMIT 1) s
     WHERE e.incident_id = $1 AND s.starred ORDER BY e.occurred_at, e.id LIMIT $2`,
    [incidentId, MOST_LINES],
  );
  return rows.map(({ id, kind, occurred_at, actor, text, evidence_id }) => ({
    entryId: id,
    at: occurred_at.toISOString(),
    kind,
    actor,
    text,
    evidenceId: evidence_id,
  }));
}

async function recordsOf(tx: Transaction, incidentId: string): Promise<readonly RecordRow[]> {
  const rows = await tx.query<{
    id: string;
    kind: string;
    status: string;
    confidence: string | null;
    agreement: string | null;
    digest: string;
    recorded_at: Date;
    replay_id: string | null;
    coverage_kind: string | null;
    events: number | null;
    changed: number | null;
  }>(
    `SELECT * FROM (SELECT r.id::text, r.kind, r.status, r.confidence, r.agreement, r.digest, r.recorded_at,
         r.replay_id::text, r.coverage_kind, r.events_processed::float8 AS events,
         r.projections_changed::float8 AS changed
       FROM incident_evidence l JOIN evidence_record r ON r.id = l.evidence_id
       WHERE l.incident_id = $1 AND r.kind <> 'review' ORDER BY r.recorded_at DESC, r.id DESC LIMIT $2) AS newest
     ORDER BY recorded_at, id`,
    [incidentId, MOST_RECORDS],
  );
  return rows.map((row) => ({
    evidenceId: row.id,
    kind: row.kind,
    status: row.status,
    confidence: row.confidence,
    agreement: row.agreement,
    digest: row.digest,
    recordedAt: row.recorded_at.toISOString(),
    replayId: row.replay_id,
    coverageKind: row.coverage_kind,
    eventsProcessed: row.events,
    differing: row.changed,
  }));
}

/** Of the newest replay that has any. */
async function invariantsOf(tx: Transaction, records: readonly RecordRow[]) {
  const newest = records.findLast(({ kind, replayId }) => kind === 'replay' && replayId !== null);
  if (newest === undefined) return [];
  return tx.query<{ name: string; outcome: string }>(
    'SELECT name, outcome FROM replay_invariant WHERE replay_id = $1 ORDER BY name',
    [newest.replayId],
  );
}

/** Of the budgets of its contract, while it lasted; what was taken back was not spent. */
async function spentOf(tx: Transaction, row: IncidentRecord): Promise<ReviewRows['spent']> {
  if (row.contract_id === null) return null;
  const [measured] = await tx.query<{ any: boolean }>(
    'SELECT EXISTS (SELECT FROM budget_tick WHERE contract_id = $1) AS any',
    [row.contract_id],
  );
  if (measured?.any !== true) return null;
  return tx.query<NonNullable<ReviewRows['spent']>[number]>(
    `SELECT indicator, subject, sum(amount)::float8 AS amount FROM budget_spend
     WHERE contract_id = $1 AND taken_back_at IS NULL AND to_at >= $2 AND from_at <= coalesce($3, clock_timestamp())
     GROUP BY indicator, subject ORDER BY indicator, subject`,
    [row.contract_id, row.began_at, row.recovered_at],
  );
}

async function writtenOf(tx: Transaction, records: readonly RecordRow[]): Promise<ReviewRows['written']> {
  const ids = records.filter(({ kind }) => kind === 'promotion').map(({ evidenceId }) => evidenceId);
  const [row] = await tx.query<{ promotions: number; keys: number }>(
    `SELECT count(*)::int AS promotions, coalesce(sum((outcome ->> 'written')::int), 0)::int AS keys FROM promotion
     WHERE evidence_id = ANY ($1::uuid[]) AND coalesce((outcome ->> 'written')::int, 0) > 0`,
    [ids],
  );
  return row ?? { promotions: 0, keys: 0 };
}
