import { debounce, parseAsString, parseAsStringLiteral } from 'nuqs/server';
import { dayStart, isDay, whyNoDay } from '@/components/vocabulary/days.ts';
import { nameMistakes, noneOf } from '@/components/vocabulary/filter-mistakes.ts';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { filterBounds } from '@/server/domain/evidence/filter-bounds.ts';
import { isAskable } from '@/server/domain/shared/moments.ts';

export const kinds = ['replay', 'promotion', 'approval', 'runbook-step', 'review', 'break-glass'] as const;
export const confidences = ['trusted', 'suspect', 'untrusted'] as const;
export const agreements = ['equal', 'behind', 'different', 'not-compared'] as const;
export const statuses = [
  'finished',
  'refused',
  'failed',
  'cancelled',
  'approved',
  'rejected',
  'signed',
  'broken',
  'reviewed',
] as const;

const typed = { limitUrlUpdates: debounce(200) };

/** The filters of the list of evidence, as they stand in the address. Read by the page on the server as well. */
export const evidenceFilters = {
  q: parseAsString.withDefault('').withOptions(typed),
  contract: parseAsString.withDefault(''),
  kind: parseAsStringLiteral(kinds),
  confidence: parseAsStringLiteral(confidences),
  agreement: parseAsStringLiteral(agreements),
  status: parseAsStringLiteral(statuses),
  by: parseAsString.withDefault(''),
  approved: parseAsString.withDefault(''),
  key: parseAsString.withDefault('').withOptions(typed),
  /** The records of one incident. */
  incident: parseAsString.withDefault(''),
  since: parseAsString.withDefault('').withOptions(typed),
  until: parseAsString.withDefault('').withOptions(typed),
  /** Set by a permalink: the list ends at this instant. */
  asOf: parseAsString,
};

export type EvidenceFilter = {
  readonly q: string;
  readonly contract: string;
  readonly kind: (typeof kinds)[number] | null;
  readonly confidence: (typeof confidences)[number] | null;
  readonly agreement: (typeof agreements)[number] | null;
  readonly status: (typeof statuses)[number] | null;
  readonly by: string;
  readonly approved: string;
  readonly key: string;
  readonly incident: string;
  readonly since: string;
  readonly until: string;
  readonly asOf: string | null;
};

export type FilterChange = { readonly [Name in keyof EvidenceFilter]?: EvidenceFilter[Name] | null };

/** What is asked of the server: the same for the page that prefetches, the list that reads and the export. */
export function evidenceFilterInput(filter: EvidenceFilter) {
  return {
    search: isSearch(filter.q) ? filter.q.trim() : undefined,
    contractId: within(filter.contract, 'contractId'),
    kind: filter.kind ?? undefined,
    confidence: filter.confidence ?? undefined,
    agreement: filter.agreement ?? undefined,
    status: filter.status ?? undefined,
    requestedBy: within(filter.by, 'requestedBy'),
    approvedBy: within(filter.approved, 'approvedBy'),
    key: within(filter.key, 'key'),
    incidentId: isUuid(filter.incident) ? filter.incident : undefined,
    since: dayStart(filter.since),
    until: dayStart(filter.until, 1),
    asOf: filter.asOf !== null && isInstant(filter.asOf) ? filter.asOf : undefined,
  };
}

/** The same, a page at a time. */
export const evidenceListInput = (filter: EvidenceFilter) => ({ ...evidenceFilterInput(filter), limit: 100 });

/** Where the browser gets the same as a file. */
export function exportHref(filter: EvidenceFilter, format: 'csv' | 'ndjson'): string {
  const asked = Object.entries(evidenceFilterInput(filter)).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return `/api/evidence/export?${new URLSearchParams([['format', format], ...asked])}`;
}

/** The filters as they stand in an address: what a view keeps. Neither an instant nor an open panel is a filter. */
export function viewQuery(filter: EvidenceFilter): string {
  const { asOf: _, ...kept } = filter;
  const set = Object.entries(kept).flatMap(([name, value]) =>
    value ? [[name, value] as [string, string]] : [],
  );
  return new URLSearchParams(set).toString();
}

/** As it stands, where it is something that the server takes. */
function within(value: string, bound: keyof typeof filterBounds): string | undefined {
  return value === '' || value.length > filterBounds[bound] || !isKeepable(value) ? undefined : value;
}

/** The server keeps no NUL and no half of a surrogate pair. */
const isKeepable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const wordsAtMost = 10;

/** What of an address can't be filtered by, as sentences; what they name is left out of what is asked. */
export function filterMistakes(given: Pick<URLSearchParams, 'get' | 'keys'>): readonly string[] {
  const long = (name: string, label: string, bound: keyof typeof filterBounds) => {
    const value = given.get(name) ?? '';
    if (value === '' || within(value, bound) !== undefined) return [];
    return isKeepable(value)
      ? [
          `${label} “${value.slice(0, 40)}…” is longer than ${filterBounds[bound]} letters, so it is left out.`,
        ]
      : [`${label} “${value.slice(0, 40)}” holds a character that can’t be kept, so it is left out.`];
  };
  const day = (name: string, label: string) => {
    const why = whyNoDay(label, given.get(name) ?? '');
    return why === null ? [] : [why];
  };
  const asOf = given.get('asOf');
  const [since, until] = [dayStart(given.get('since') ?? ''), dayStart(given.get('until') ?? '')];
  return [
    ...nameMistakes(given, Object.keys(evidenceFilters), ['peek']),
    ...searchMistakes(given.get('q') ?? ''),
    ...long('contract', 'Contract', 'contractId'),
    ...long('by', 'Requested by', 'requestedBy'),
    ...long('approved', 'Approved by', 'approvedBy'),
    ...long('key', 'Key touched', 'key'),
    ...noneOf(given, 'kind', 'Kind', kinds),
    ...noneOf(given, 'status', 'Status', statuses),
    ...noneOf(given, 'confidence', 'Confidence', confidences),
    ...noneOf(given, 'agreement', 'Agreement', agreements),
    ...(['', null].includes(given.get('incident')) || isUuid(given.get('incident') ?? '')
      ? []
      : ['What stands for the incident is no id of one, so it is left out.']),
    ...day('since', 'From day'),
    ...day('until', 'To day'),
    ...(since !== undefined && until !== undefined && since > until
      ? ['From day is after To day, so nothing can match.']
      : []),
    ...(asOf !== null && !isInstant(asOf)
      ? [`The instant “${asOf.slice(0, 40)}” at which this list is to end is none, so it is left out.`]
      : []),
  ];
}

/** Whether anything is filtered by: what is left out of what is asked filters nothing. */
export function isFiltered(filter: EvidenceFilter): boolean {
  const { asOf: _, ...asked } = evidenceFilterInput(filter);
  return Object.values(asked).some((value) => value !== undefined);
}

/** What the head says of the newest record. `hasMistakes`: something in the address was not filtered by. */
export function latestAnswer(
  latest: Pick<EvidenceSummary, 'contractId' | 'status' | 'confidence'> | undefined,
  { filtered, hasMistakes }: { readonly filtered: boolean; readonly hasMistakes: boolean },
): string {
  if (latest === undefined) return filtered ? 'No record matches these filters.' : 'Nothing is recorded yet.';
  const which = !filtered ? '' : hasMistakes ? ' that matches the other filters' : ' that matches';
  const of = latest.contractId === '' ? 'of no contract' : `of ${latest.contractId}`;
  return `The latest record${which} is ${of}, ${latest.status}${latest.confidence ? ` and ${latest.confidence}` : ''}.`;
}

function searchMistakes(q: string): readonly string[] {
  if (q.trim() === '' || isSearch(q)) return [];
  if (q.length > filterBounds.search)
    return [`The search is longer than ${filterBounds.search} letters, so it is left out.`];
  if (!isKeepable(q)) return ['The search holds a character that can’t be kept, so it is left out.'];
  return wordsIn(q).length === 0
    ? ['The search holds neither a letter nor a digit, so it is left out.']
    : [`The search has more than ${wordsAtMost} words, so it is left out.`];
}

const wordsIn = (q: string): readonly string[] => [
  ...new Set(q.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []),
];

function isSearch(q: string): boolean {
  const words = wordsIn(q).length;
  return q.length <= filterBounds.search && isKeepable(q) && words > 0 && words <= wordsAtMost;
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const isInstant = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(
    text,
  ) &&
  isDay(text.slice(0, 10)) &&
  isAskable(Date.parse(text));

/** What a field for days can hold; another value is named beside the list. */
export const dayOf = (text: string): string => (isDay(text) ? text : '');
