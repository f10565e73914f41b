import type { ReplaySummary } from '../../../application/ports/page-reads.ts';
import {
  type AgreementStatus,
  type ConfidenceStatus,
  type Counters,
  type Coverage,
  eventsProcessed,
  hasEnded,
  noCounts,
  type ReplayStatus,
  type Scope,
} from '../../../domain/replay/index.ts';

export type SummaryRow = {
  id: string;
  contract_id: string;
  contract_title: string | null;
  contract_version: number;
  scope: Scope;
  status: ReplayStatus;
  intent: 'run' | 'pause' | 'cancel';
  plan_hash: string | null;
  event_estimate: string | null;
  requested_by: string;
  requested_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  counters: Counters | null;
  running_counters: Partial<Counters> | null;
  discrepancies: number | null;
  confidence: ConfidenceStatus | null;
  agreement: AgreementStatus | null;
  coverage: Coverage | null;
  failure_code: string | null;
  failure: string | null;
  problem: string | null;
  retries: number;
  retry_at: Date | null;
  evidence_id: string | null;
  approved_by: string[];
};

const summed = Object.keys(noCounts)
  .map((name) => `'${name}', sum((counters->>'${name}')::bigint)`)
  .join(', ');

/** Columns of a summary; `r` is the replay. While it runs its counts stand with its partitions. */
export const summaryColumns = `
  ARRAY(SELECT d.person_id FROM decision d WHERE d.subject_kind = 'replay' AND d.subject_id = r.id
    AND d.plan_hash = r.plan_hash AND d.verdict = 'approved' AND d.voided_at IS NULL ORDER BY d.decided_at) AS approved_by,
  r.id, r.contract_id, c.description->>'title' AS contract_title, r.contract_version, r.scope, r.status,
  r.intent, r.plan_hash, r.plan::json->>'eventEstimate' AS event_estimate, r.requested_by, r.requested_at,
  r.started_at, r.ended_at, r.counters, r.discrepancies, r.confidence, r.agreement, r.coverage,
  r.failure_code, r.failure, r.problem, r.retries, r.retry_at, r.evidence_id,
  CASE WHEN r.counters IS NULL THEN
    (SELECT json_build_object(${summed}) FROM replay_partition WHERE replay_id = r.id) END AS running_counters`;

export const summaryTables = `
  replay r LEFT JOIN contract_version c ON c.contract_id = r.contract_id AND c.version = r.contract_version`;

/** Whether the version that ran has the code of the contract's latest one, from `summaryTables`. */
export const ofLatestCode = `
  (c.digest IS NOT DISTINCT FROM (SELECT l.digest FROM contract_version l WHERE l.contract_id = r.contract_id
    ORDER BY l.version DESC LIMIT 1))`;

/** The counts of a replay, final or so far. */
export function countersOf(row: Pick<SummaryRow, 'counters' | 'running_counters'>): Counters {
  if (row.counters !== null) return { ...noCounts, ...row.counters };
  const known = Object.entries(row.running_counters ?? {}).filter(([, count]) => count !== null);
  return { ...noCounts, ...Object.fromEntries(known) };
}

/** The code stays where the words were erased. */
function failureOf({ failure, failure_code }: SummaryRow): ReplaySummary['failure'] {
  if (failure === null && failure_code === null) return null;
  const code = failure_code ?? 'failed';
  return { code, sentence: failure || `What was said of it was erased; its code is ${code}.` };
}

export function toSummary(row: SummaryRow): ReplaySummary {
  const counters = countersOf(row);
  const { started_at: startedAt, ended_at: endedAt } = row;
  return {
    id: row.id,
    contractId: row.contract_id,
    contractTitle: row.contract_title ?? row.contract_id,
    contractVersion: row.contract_version,
    scope: row.scope,
    status: row.status,
    intent: row.intent,
    planHash: row.plan_hash,
    requestedBy: row.requested_by,
    approvedBy: row.approved_by,
    requestedAt: row.requested_at.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    durationMs: startedAt && endedAt && hasEnded(row.status) ? endedAt.getTime() - startedAt.getTime() : null,
    eventsProcessed: eventsProcessed(counters),
    eventEstimate: row.event_estimate === null ? null : Number(row.event_estimate),
    duplicates: counters.duplicates,
    discrepancies: row.discrepancies,
    confidence: row.confidence,
    agreement: row.agreement,
    coverage: row.coverage,
    failure: failureOf(row),
    problem:
      row.problem === null || hasEnded(row.status)
        ? null
        : { sentence: row.problem, retries: row.retries, retryAt: row.retry_at?.toISOString() ?? null },
    evidenceId: row.evidence_id,
  };
}
