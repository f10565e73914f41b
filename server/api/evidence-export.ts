import type { DashboardQueries, EvidenceFilter } from '../application/ports/dashboard.ts';
import type { Viewer } from '../application/ports/reveals.ts';
import type { EvidenceSummary } from '../application/views.ts';
import { csvLine } from './csv.ts';
import { type ExportFormat, exportPages } from './export-pages.ts';

export type EvidenceExport = {
  readonly queries: Pick<DashboardQueries, 'evidence'>;
  readonly filter: EvidenceFilter;
  readonly viewer: Viewer;
  readonly format: ExportFormat;
  /** The names of people by their ids. */
  readonly names: ReadonlyMap<string, string>;
  readonly isStillLetIn: () => Promise<boolean>;
};

/** What is filtered of the records of evidence as text, the newest first: a line for each, without its own bytes. */
export function exportEvidence(given: EvidenceExport): AsyncGenerator<string> {
  const { queries, filter, viewer, format, names, isStillLetIn } = given;
  const write = format === 'csv' ? csvOf : ndjsonOf;
  return exportPages({
    head: format === 'csv' ? csvLine(Object.keys(fieldsOf(example, new Map()))) : '',
    page: (request) => queries.evidence(filter, request, viewer),
    write: (row) => write(fieldsOf(row, names)),
    isStillLetIn,
  });
}

/** By the names that they have in the record itself; `digest` is the SHA-256 of its bytes. */
function fieldsOf(row: EvidenceSummary, names: ReadonlyMap<string, string>) {
  return {
    id: row.id,
    recorded_at: row.recordedAt,
    kind: row.kind,
    contract_id: row.contractId,
    replay_id: row.replayId,
    status: row.status,
    confidence_status: row.confidence,
    agreement: row.agreement,
    coverage: row.coverageKind,
    events_processed: row.eventsProcessed,
    duplicates_skipped: row.duplicatesSkipped,
    projections_changed: row.projectionsChanged,
    reconciliation_failures: row.reconciliationFailures,
    requested_by: row.requestedBy,
    requested_by_name: names.get(row.requestedBy) ?? '',
    approved_by: row.approvedBy,
    approved_by_names: row.approvedBy.map((each) => names.get(each) ?? ''),
    digest: row.digest,
    generated: row.generated,
  };
}

type Fields = ReturnType<typeof fieldsOf>;

/** Nothing known stands as nothing, and never as zero. */
const csvOf = (fields: Fields): string =>
  csvLine(
    Object.values(fields).map((value) =>
      value === null ? '' : Array.isArray(value) ? value.join(' ') : String(value),
    ),
  );

const ndjsonOf = (fields: Fields): string => `${JSON.stringify(fields)}\n`;

/** Of which only the names of the fields are asked. */
const example: EvidenceSummary = {
  id: '',
  kind: '',
  contractId: '',
  replayId: null,
  digest: '',
  status: 'finished',
  confidence: null,
  agreement: null,
  coverageKind: null,
  eventsProcessed: null,
  duplicatesSkipped: null,
  projectionsChanged: null,
  reconciliationFailures: null,
  requestedBy: '',
  approvedBy: [],
  recordedAt: '',
  generated: false,
};
