import type { AuditFilter, DashboardQueries } from '../application/ports/dashboard.ts';
import type { AuditRow } from '../application/views.ts';
import { csvLine } from './csv.ts';

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const PAGE = 500;

export type AuditExport = {
  readonly queries: Pick<DashboardQueries, 'audit'>;
  readonly filter: AuditFilter;
  readonly format: ExportFormat;
  /** The names of people by their ids; others keep what stands in the entry. */
  readonly names: ReadonlyMap<string, string>;
  /** Asked before each page: an export may outlive the session that began it. */
  readonly isStillLetIn: () => Promise<boolean>;
};

/** The audit as text, the newest first, a page at a time. Throws where whoever asked is not let in any more. */
export async function* exportAudit(given: AuditExport): AsyncGenerator<string> {
  const { queries, filter, format, names } = given;
  if (format === 'csv') yield csvLine(columns);
  let cursor: string | undefined;
  do {
    if (!(await given.isStillLetIn()))
      throw new Error('Whoever asked for this export is not let in any more.');
    const page = await queries.audit(filter, { cursor, limit: PAGE });
    const write = format === 'csv' ? csvOf : ndjsonOf;
    if (page.rows.length > 0) yield page.rows.map((row) => write(row, names.get(row.actor) ?? '')).join('');
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
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
