import { debounce, parseAsBoolean, parseAsString, parseAsStringLiteral } from 'nuqs';
import { nameMistakes, noneOf } from '@/components/vocabulary/filter-mistakes.ts';

export const kinds = ['missing', 'extra', 'different'] as const;
export const causes = [
  'never-applied',
  'applied-twice',
  'applied-out-of-order',
  'read-with-wrong-version',
  'nothing-after-offset',
  'unexplained',
] as const;

/** What the states page shows, as it stands in the address. */
export const statesFilters = {
  replay: parseAsString,
  state: parseAsString,
  q: parseAsString.withDefault('').withOptions({ limitUrlUpdates: debounce(200) }),
  kind: parseAsStringLiteral(kinds),
  cause: parseAsStringLiteral(causes),
  all: parseAsBoolean.withDefault(false),
  fields: parseAsStringLiteral(['all']),
};

export type StatesFilter = {
  readonly replay: string | null;
  readonly state: string | null;
  readonly q: string;
  readonly kind: (typeof kinds)[number] | null;
  readonly cause: (typeof causes)[number] | null;
  readonly all: boolean;
  readonly fields: 'all' | null;
};

/** A key in agreement has none of these, so they choose nothing among all keys. */
const ofDifferences = { state: null, kind: null, cause: null } as const;

/** What changes where keys in agreement are asked for too, or are not any more. */
export const withAgreement = (all: boolean): Partial<StatesFilter> =>
  all ? { all, ...ofDifferences } : { all };

/** What is filtered by: the address without what can choose nothing, of which the page says that it is left out. */
export function shownFilter(filter: StatesFilter, derivedStates: readonly string[]): StatesFilter {
  if (filter.all) return { ...filter, ...ofDifferences };
  return filter.state === null || derivedStates.includes(filter.state) ? filter : { ...filter, state: null };
}

export const isFiltered = ({ state, q, kind, cause }: StatesFilter): boolean =>
  Boolean(state || q || kind || cause);

/** What is asked of the server. */
export function statesRowsInput(contractId: string, replayId: string | undefined, filter: StatesFilter) {
  return {
    contractId,
    replayId,
    derivedState: filter.state ?? undefined,
    search: filter.q || undefined,
    kind: filter.kind ?? undefined,
    cause: filter.cause ?? undefined,
    differingOnly: !filter.all,
  };
}

/** What of an address can't be filtered by, as sentences. */
export function stateMistakes(
  given: Pick<URLSearchParams, 'get' | 'keys'>,
  derivedStates: readonly string[],
): readonly string[] {
  const both = given.get('all') === 'true' && Object.keys(ofDifferences).some((name) => given.get(name));
  return [
    ...nameMistakes(given, Object.keys(statesFilters)),
    ...noneOf(given, 'state', 'Derived state', derivedStates),
    ...noneOf(given, 'kind', 'Kind', kinds),
    ...noneOf(given, 'cause', 'Cause', causes),
    ...noneOf(given, 'all', 'Keys in agreement too', ['true', 'false']),
    ...noneOf(given, 'fields', 'Fields in agreement too', ['all']),
    ...(both
      ? [
          'Derived state, kind and cause are of differences, so they are left out while keys in agreement are listed too.',
        ]
      : []),
  ];
}
