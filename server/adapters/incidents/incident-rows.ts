import type { IncidentRow } from '../../application/ports/incidents.ts';
import { openStatuses } from '../../domain/incident/index.ts';

/** As PostgreSQL gives it. */
export type IncidentRecord = {
  id: string;
  cause: string;
  kind: IncidentRow['kind'];
  contract_id: string | null;
  class: IncidentRow['class'];
  class_said_by: string | null;
  status: IncidentRow['status'];
  title: string;
  facts: IncidentRow['facts'];
  href: string | null;
  runbook: string | null;
  scope: IncidentRow['scope'];
  began_at: Date;
  opened_at: Date;
  opened_by: string;
  clock_from: Date;
  respond_by: Date;
  escalate_at: Date | null;
  asked: string[];
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  assignee: string | null;
  cleared_at: Date | null;
  returned_at: Date | null;
  measured_at: Date | null;
  last_told_at: Date;
  told: number;
  recovered_at: Date | null;
  recovery_evidence_id: string | null;
  recovery_reason: string | null;
  reopened: number;
  version: number;
};

/** As SQL, for `status IN`. */
export const OPEN = `(${openStatuses.map((each) => `'${each}'`).join(', ')})`;

export const incidentColumns = `i.id::text, i.cause, i.kind, i.contract_id, i.class, i.class_said_by, i.status, i.title,
  i.facts, i.href, i.runbook, i.scope, i.began_at, i.opened_at, i.opened_by, i.clock_from, i.respond_by, i.escalate_at,
  i.asked, i.acknowledged_at, i.acknowledged_by, i.assignee, i.cleared_at, i.returned_at, i.measured_at, i.last_told_at, i.told,
  i.recovered_at, i.recovery_evidence_id::text, i.recovery_reason, i.reopened, i.version`;

export function toIncident(row: IncidentRecord): IncidentRow {
  return {
    id: row.id,
    cause: row.cause,
    kind: row.kind,
    contractId: row.contract_id,
    class: row.class,
    classSaidBy: row.class_said_by,
    status: row.status,
    title: row.title,
    facts: row.facts,
    href: row.href,
    runbook: row.runbook,
    scope: row.scope,
    beganAt: row.began_at,
    openedAt: row.opened_at,
    openedBy: row.opened_by,
    clockFrom: row.clock_from,
    respondBy: row.respond_by,
    escalateAt: row.escalate_at,
    asked: row.asked,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    assignee: row.assignee,
    clearedAt: row.cleared_at,
    returnedAt: row.returned_at,
    measuredAt: row.measured_at,
    lastToldAt: row.last_told_at,
    told: row.told,
    recoveredAt: row.recovered_at,
    recoveryEvidenceId: row.recovery_evidence_id,
    recoveryReason: row.recovery_reason,
    reopened: row.reopened,
    version: row.version,
  };
}
