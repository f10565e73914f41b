import { parseAsArrayOf, parseAsString, parseAsStringLiteral } from 'nuqs/server';
import { nameMistakes, noneOf } from '@/components/vocabulary/filter-mistakes.ts';

const statuses = ['running', 'ended'] as const;
const confidences = ['trusted', 'suspect', 'untrusted'] as const;

/** The filters of the list of replays, as they stand in the address. Read by the page on the server as well. */
export const replayFilters = {
  contract: parseAsString.withDefault(''),
  status: parseAsStringLiteral(statuses),
  confidence: parseAsStringLiteral(confidences),
  /** Who requested it. */
  by: parseAsString.withDefault(''),
  /** Set by a permalink: the list ends at this instant. */
  asOf: parseAsString,
  /** The replays that are to be compared. */
  selected: parseAsArrayOf(parseAsString).withDefault([]),
};

export type ReplayFilter = {
  readonly contract: string;
  readonly status: (typeof statuses)[number] | null;
  readonly confidence: (typeof confidences)[number] | null;
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

/** What of an address can't be filtered by, as sentences. */
export function replayMistakes(given: Pick<URLSearchParams, 'get' | 'keys'>): readonly string[] {
  return [
    ...nameMistakes(given, Object.keys(replayFilters)),
    ...noneOf(given, 'status', 'Status', statuses),
    ...noneOf(given, 'confidence', 'Confidence', confidences),
  ];
}

/** Pages by keyset: the next one begins where this one says. */
export const nextPage = { getNextPageParam: (page: { next: string | null }) => page.next ?? undefined };
