import { parseAsString, parseAsStringLiteral } from 'nuqs/server';

export const confidences = ['trusted', 'suspect', 'untrusted'] as const;
export const agreements = ['equal', 'behind', 'different', 'not-compared'] as const;
export const statuses = ['finished', 'refused', 'failed', 'cancelled'] as const;

/** The filters of the list of evidence, as they stand in the address. Read by the page on the server as well. */
export const evidenceFilters = {
  contract: parseAsString.withDefault(''),
  confidence: parseAsStringLiteral(confidences),
  agreement: parseAsStringLiteral(agreements),
  status: parseAsStringLiteral(statuses),
  by: parseAsString.withDefault(''),
  since: parseAsString.withDefault(''),
  until: parseAsString.withDefault(''),
  /** Set by a permalink: the list ends at this instant. */
  asOf: parseAsString,
};

export type EvidenceFilter = {
  readonly contract: string;
  readonly confidence: (typeof confidences)[number] | null;
  readonly agreement: (typeof agreements)[number] | null;
  readonly status: (typeof statuses)[number] | null;
  readonly by: string;
  readonly since: string;
  readonly until: string;
  readonly asOf: string | null;
};

/** What is asked of the server: the same for the page that prefetches and the list that reads. */
export function evidenceListInput(filter: EvidenceFilter) {
  return {
    contractId: filter.contract || undefined,
    confidence: filter.confidence ?? undefined,
    agreement: filter.agreement ?? undefined,
    status: filter.status ?? undefined,
    requestedBy: filter.by || undefined,
    since: dayStart(filter.since),
    until: dayStart(filter.until, 1),
    asOf: filter.asOf ?? undefined,
  };
}

/** A day as the start of it in UTC; undefined while it is being typed. */
function dayStart(day: string, plusDays = 0): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : new Date(at + plusDays * 86_400_000).toISOString();
}
