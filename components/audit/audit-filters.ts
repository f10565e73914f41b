import { debounce, parseAsString, parseAsStringLiteral } from 'nuqs/server';
import { dayStart, isDay, whyNoDay } from '@/components/vocabulary/days.ts';

export const outcomes = ['done', 'refused'] as const;

const typed = { limitUrlUpdates: debounce(200) };

/** The filters of the audit, as they stand in the address. Read by the page on the server as well. */
export const auditFilters = {
  actor: parseAsString.withDefault(''),
  action: parseAsString.withDefault(''),
  outcome: parseAsStringLiteral(outcomes),
  subject: parseAsString.withDefault(''),
  since: parseAsString.withDefault('').withOptions(typed),
  until: parseAsString.withDefault('').withOptions(typed),
};

export type AuditFilter = {
  readonly actor: string;
  readonly action: string;
  readonly outcome: (typeof outcomes)[number] | null;
  readonly subject: string;
  readonly since: string;
  readonly until: string;
};

/** What is asked of the server: the same for the page that prefetches, the list that reads and the export. */
export function auditListInput(filter: AuditFilter) {
  return {
    actor: filter.actor || undefined,
    action: filter.action || undefined,
    outcome: filter.outcome ?? undefined,
    subject: filter.subject.trim() || undefined,
    since: dayStart(filter.since),
    until: dayStart(filter.until, 1),
  };
}

/** What of the days can't be asked by, and so is left out, or finds nothing. */
export const dayMistakes = ({ since, until }: AuditFilter): readonly string[] =>
  [
    whyNoDay('From day', since),
    whyNoDay('To day', until),
    isDay(since) && isDay(until) && since > until ? 'From day is after To day, so nothing can match.' : null,
  ].filter((each) => each !== null);

/** Where the browser gets the same as a file. */
export function exportHref(filter: AuditFilter, format: 'csv' | 'ndjson'): string {
  const asked = Object.entries(auditListInput(filter)).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return `/api/audit/export?${new URLSearchParams([['format', format], ...asked])}`;
}

/** Pages by keyset: the next one begins where this one says. */
export const nextPage = { getNextPageParam: (page: { next: string | null }) => page.next ?? undefined };
