import { parseAsArrayOf, parseAsString, parseAsStringLiteral } from 'nuqs/server';

/** The filters of the list of replays, as they stand in the address. Read by the page on the server as well. */
export const replayFilters = {
  contract: parseAsString.withDefault(''),
  status: parseAsStringLiteral(['running', 'ended']),
  confidence: parseAsStringLiteral(['trusted', 'suspect', 'untrusted']),
  /** Who requested it. */
  by: parseAsString.withDefault(''),
  /** Set by a permalink: the list ends at this instant. */
  asOf: parseAsString,
  /** The replays that are to be compared. */
  selected: parseAsArrayOf(parseAsString).withDefault([]),
};

export type ReplayFilter = {
  readonly contract: string;
  readonly status: 'running' | 'ended' | null;
  readonly confidence: 'trusted' | 'suspect' | 'untrusted' | null;
  readonly by: string;
  readonly asOf: string | null;
};

/** What is asked of the server: the same for the page that prefetches and the list that reads. */
export function replayListInput({ contract, status, confidence, by, asOf }: ReplayFilter) {
  return {
    contractId: contract || undefined,
    status: status ?? undefined,
    confidence: confidence ?? undefined,
    requestedBy: by || undefined,
    asOf: asOf ?? undefined,
  };
}

/** Pages by keyset: the next one begins where this one says. */
export const nextPage = { getNextPageParam: (page: { next: string | null }) => page.next ?? undefined };
