import { parseAsString, parseAsStringLiteral } from 'nuqs';

export const ranges = ['1h', '24h', '7d'] as const;
export const kinds = [
  'redelivered',
  'conflicting',
  'undecodable',
  'without-id',
  'missing',
  'recreated',
  'lost',
  'unsent',
  'untold',
] as const;

/** What the page shows, as it stands in the address. */
export const lossesFilters = {
  contract: parseAsString.withDefault(''),
  range: parseAsStringLiteral(ranges).withDefault('24h'),
  kind: parseAsStringLiteral(kinds),
};

/** What each kind of finding is called. */
export const kindWords: Readonly<Record<(typeof kinds)[number], string>> = {
  redelivered: 'redelivered',
  conflicting: 'conflicting',
  undecodable: 'undecodable',
  'without-id': 'without an id',
  missing: 'records gone',
  recreated: 'made again',
  lost: 'lost',
  unsent: 'never sent',
  untold: 'not to be told',
};
