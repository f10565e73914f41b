import { parseAsString, parseAsStringLiteral } from 'nuqs/server';

export const shownStatuses = [
  'open',
  'detected',
  'acknowledged',
  'mitigating',
  'recovered',
  'reviewed',
  'closed',
] as const;
const classes = ['P1', 'P2', 'P3', 'P4'] as const;

/** The filters of the list of incidents, as they stand in the address. */
export const incidentFilters = {
  status: parseAsStringLiteral(shownStatuses),
  class: parseAsStringLiteral(classes),
  contract: parseAsString.withDefault(''),
};

type Filter = {
  readonly status: (typeof shownStatuses)[number] | null;
  readonly class: (typeof classes)[number] | null;
  readonly contract: string;
};

/** What is asked of the server: the same for the page that prefetches and the list that reads. */
export function incidentListInput(filter: Filter) {
  return {
    status: filter.status ?? undefined,
    class: filter.class ?? undefined,
    contractId: filter.contract || undefined,
  };
}

/** Pages by keyset: the next one begins where this one says. */
export const nextPage = { getNextPageParam: (page: { next: string | null }) => page.next ?? undefined };
