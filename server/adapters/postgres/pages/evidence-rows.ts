import type { EvidenceSummary } from '../../../application/ports/page-reads.ts';

/** A record's columns, as `r`, with those of its index, as `i`. Counts are int8: decimal text. */
export type EvidenceRow = Omit<
  EvidenceSummary,
  'recordedAt' | 'eventsProcessed' | 'duplicatesSkipped' | 'projectionsChanged'
> & {
  readonly recordedAt: Date;
  readonly eventsProcessed: string | null;
  readonly duplicatesSkipped: string | null;
  readonly projectionsChanged: string | null;
};

export const summaryColumns = `r.id, r.kind, r.contract_id AS "contractId", r.replay_id AS "replayId", r.digest, r.status,
  r.confidence, r.agreement, r.coverage_kind AS "coverageKind", r.events_processed AS "eventsProcessed",
  r.duplicates_skipped AS "duplicatesSkipped", r.projections_changed AS "projectionsChanged",
  r.reconciliation_failures AS "reconciliationFailures", r.requested_by AS "requestedBy",
  r.recorded_at AS "recordedAt", coalesce(i.approved_by, '{}') AS "approvedBy",
  coalesce(i.generated, false) AS generated`;

const count = (value: string | null) => (value === null ? null : Number(value));

export function toSummary(row: EvidenceRow): EvidenceSummary {
  return {
    ...row,
    eventsProcessed: count(row.eventsProcessed),
    duplicatesSkipped: count(row.duplicatesSkipped),
    projectionsChanged: count(row.projectionsChanged),
    recordedAt: row.recordedAt.toISOString(),
  };
}
