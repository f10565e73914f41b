import type { AuditFilter, DashboardQueries } from '../application/ports/dashboard.ts';
import type { AuditRow } from '../application/views.ts';
import { csvLine } from './csv.ts';
import { type ExportFormat, exportPages } from './export-pages.ts';

export type AuditExport = {
  readonly queries: Pick<DashboardQueries, 'audit'>;
  readonly filter: AuditFilter;
  readonly format: ExportFormat;
  /** The names of people by their ids; others keep what stands in the entry. */
  readonly names: ReadonlyMap<string, string>;
  readonly isStillLetIn: () => Promise<boolean>;
};

/** The audit as text, the newest first. */
export function exportAudit(given: AuditExport): AsyncGenerator<string> {
  const { queries, filter, format, names, isStillLetIn } = given;
  const write = format === 'csv' ? csvOf : ndjsonOf;
  return exportPages({
    head: format === 'csv' ? csvLine(columns) : '',
    page: (request) => queries.audit(filter, request),
    write: (row) => write(row, names.get(row.actor) ?? ''),
    isStillLetIn,
  });
}

const columns = ['id', 'at', 'actor', 'actor_name', 'action', 'subject', 'outcome', 'origin', 'detail'];

function csvOf(row: AuditRow, name: string): string {
  const { id, at, actor, action, subject, outcome, origin, detail } = row;
  return csvLine([id, at, actor, name, action, subject, outcome, origin, JSON.stringify(detail)]);
}

function ndjsonOf(row: AuditRow, name: string): string {
  const { id, at, actor, action, subject, outcome, origin, detail } = row;
  return `${JSON.stringify({ id, at, actor, actor_name: name, action, subject, outcome, origin, detail })}\n`;
}
