import type { NoticeStore, SubjectFacts } from '../../application/ports/notices.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { EndFacts, IncidentFacts } from '../../domain/notice/index.ts';
import { redriveFacts } from './redrive-facts.ts';
import { stepFacts } from './step-facts.ts';

/** What a notice says of its subject, read when it is sent: what people wrote is kept in one place only. */
export const subjectFacts: NoticeStore['facts'] = (tx, { subject, kind, attempt = null, to = null }) => {
  switch (subject.kind) {
    case 'replay':
      return replayFacts(tx, subject.id);
    case 'incident':
      return incidentFacts(tx, subject.id, to);
    case 'review':
      return reviewFacts(tx, subject.id);
    case 'channel':
      return kind === 'test' ? testFacts(tx, subject.id) : Promise.resolve(null);
    case 'promotion':
      return promotionFacts(tx, subject.id);
    case 'runbook-run':
      return stepFacts(tx, subject.id, attempt);
    case 'redrive':
      return redriveFacts(tx, subject.id);
  }
};

type ReplayFactsRow = {
  title: string;
  requested_by: string;
  reason: string;
  needed: number | null;
  given: number;
  estimate: string | null;
  rejected_by: string | null;
  rejection: string | null;
  status: string;
  cancelling: boolean;
  confidence: EndFacts['confidence'];
  agreement: EndFacts['agreement'];
  discrepancies: number | null;
  failure_code: string | null;
};

async function replayFacts(tx: Transaction, id: string): Promise<SubjectFacts | null> {
  const [row] = await tx.query<ReplayFactsRow>(
    `SELECT coalesce(v.description ->> 'title', r.contract_id) AS title,
       coalesce(asked.name, r.requested_by) AS requested_by, r.reason,
       (r.plan::json ->> 'approvalsNeeded')::int AS needed, reprise_approvals(r.id, r.plan_hash) AS given,
       r.plan::json ->> 'eventEstimate' AS estimate, rejector.name AS rejected_by, no.reason AS rejection,
       r.status, r.intent = 'cancel' AS cancelling, r.confidence, r.agreement, r.discrepancies, r.failure_code
     FROM replay r
     LEFT JOIN contract_version v ON v.contract_id = r.contract_id AND v.version = r.contract_version
     LEFT JOIN person asked ON asked.id = r.requested_by
     LEFT JOIN decision no ON no.subject_kind = 'replay' AND no.subject_id = r.id AND no.verdict = 'rejected'
       AND no.voided_at IS NULL
     LEFT JOIN person rejector ON rejector.id = no.person_id
     WHERE r.id = $1 LIMIT 1`,
    [id],
  );
  if (row === undefined) return null;
  return {
    contractTitle: row.title,
    requestedBy: row.requested_by,
    reason: row.reason,
    approvalsNeeded: row.needed ?? 0,
    approvalsGiven: row.given,
    eventEstimate: row.estimate === null ? null : Number(row.estimate),
    rejection:
      row.rejection === null ? null : { by: row.rejected_by ?? 'an approver', reason: row.rejection },
    end: endOf(row),
    waits: row.status === 'awaiting-approval' && !row.cancelling,
  };
}

function endOf(row: ReplayFactsRow): EndFacts | null {
  const { status, confidence, agreement, discrepancies } = row;
  if (status !== 'finished' && status !== 'refused' && status !== 'failed' && status !== 'cancelled')
    return null;
  return { status, confidence, agreement, discrepancies, failureCode: row.failure_code, written: null };
}

type PromotionFactsRow = Pick<
  ReplayFactsRow,
  'title' | 'requested_by' | 'reason' | 'given' | 'rejected_by' | 'rejection' | 'failure_code'
> & {
  needed: number;
  derived_state: string;
  keys: number;
  status: string;
  written: number | null;
  agreement: EndFacts['agreement'];
};

async function promotionFacts(tx: Transaction, id: string): Promise<SubjectFacts | null> {
  const [row] = await tx.query<PromotionFactsRow>(
    `SELECT coalesce(v.description ->> 'title', p.contract_id) AS title, p.derived_state,
       coalesce(asked.name, p.requested_by) AS requested_by, p.reason, (p.plan::json ->> 'keys')::int AS keys,
       (p.plan::json ->> 'approvalsNeeded')::int AS needed, reprise_promotion_approvals(p.id, p.plan_hash) AS given,
       rejector.name AS rejected_by, no.reason AS rejection, p.status, p.failure_code,
       (p.outcome ->> 'written')::int AS written, e.agreement
     FROM promotion p
     LEFT JOIN contract_version v ON v.contract_id = p.contract_id AND v.version = p.contract_version
     LEFT JOIN person asked ON asked.id = p.requested_by
     LEFT JOIN decision no ON no.subject_kind = 'promotion' AND no.subject_id = p.id AND no.verdict = 'rejected'
       AND no.voided_at IS NULL
     LEFT JOIN person rejector ON rejector.id = no.person_id
     LEFT JOIN evidence_record e ON e.id = p.evidence_id
     WHERE p.id = $1 LIMIT 1`,
    [id],
  );
  if (row === undefined) return null;
  return {
    contractTitle: `${row.keys} ${row.keys === 1 ? 'key' : 'keys'} of ${row.derived_state} (${row.title})`,
    requestedBy: row.requested_by,
    reason: row.reason,
    approvalsNeeded: row.needed,
    approvalsGiven: row.given,
    eventEstimate: null,
    rejection:
      row.rejection === null ? null : { by: row.rejected_by ?? 'an approver', reason: row.rejection },
    end: promotionEnd(row),
    waits: row.status === 'awaiting-approval',
  };
}

function promotionEnd(row: PromotionFactsRow): EndFacts | null {
  const { agreement } = row;
  const shared = { confidence: null, agreement, discrepancies: null, failureCode: row.failure_code };
  switch (row.status) {
    case 'promoted':
      return { ...shared, status: 'finished', written: row.written ?? 0 };
    case 'refused':
    case 'failed':
      return { ...shared, status: row.status, written: null };
    case 'withdrawn':
      return { ...shared, status: 'cancelled', written: null };
    default:
      return null;
  }
}

async function testFacts(tx: Transaction, subjectId: string): Promise<SubjectFacts> {
  const [row] = await tx.query<{ name: string }>(
    `SELECT p.name FROM notice n JOIN person p ON p.id = n.detail ->> 'person' WHERE n.subject_id = $1`,
    [subjectId],
  );
  return {
    contractTitle: '',
    requestedBy: row?.name ?? 'Somebody',
    reason: '',
    approvalsNeeded: 0,
    approvalsGiven: 0,
    eventEstimate: null,
    rejection: null,
    end: null,
    waits: false,
  };
}

async function incidentFacts(tx: Transaction, id: string, to: string | null): Promise<SubjectFacts | null> {
  const [row] = await tx.query<{
    contract: string | null;
    class: IncidentFacts['class'];
    title: string;
    began_at: Date;
    respond_by: Date;
    acknowledged: boolean;
    proven: boolean;
    asked: string | null;
  }>(
    `SELECT coalesce((SELECT v.description ->> 'title' FROM contract_version v WHERE v.contract_id = i.contract_id
         ORDER BY v.version DESC LIMIT 1), i.contract_id) AS contract, i.class, i.title, i.began_at, i.respond_by,
       i.acknowledged_at IS NOT NULL OR i.status <> 'detected' AS acknowledged,
       i.recovery_evidence_id IS NOT NULL AS proven, (SELECT p.name FROM person p WHERE p.id = $2) AS asked
     FROM incident i WHERE i.id = $1`,
    [id, to],
  );
  if (row === undefined) return null;
  return {
    contractTitle: row.contract ?? '',
    requestedBy: '',
    reason: '',
    approvalsNeeded: 0,
    approvalsGiven: 0,
    eventEstimate: null,
    rejection: null,
    end: null,
    waits: false,
    incident: {
      class: row.class,
      title: row.title,
      beganAt: row.began_at,
      respondBy: row.respond_by,
      isAcknowledged: row.acknowledged,
      isProven: row.proven,
      asked: row.asked,
    },
  };
}

async function reviewFacts(tx: Transaction, id: string): Promise<SubjectFacts | null> {
  const [row] = await tx.query<{ title: string }>(
    `SELECT coalesce(i.contract_id, '') AS title FROM review r JOIN incident i ON i.id = r.incident_id WHERE r.id = $1`,
    [id],
  );
  if (row === undefined) return null;
  return {
    contractTitle: row.title,
    requestedBy: '',
    reason: '',
    approvalsNeeded: 0,
    approvalsGiven: 0,
    eventEstimate: null,
    rejection: null,
    end: null,
    waits: false,
  };
}
