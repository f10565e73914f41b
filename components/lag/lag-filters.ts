import { parseAsString, parseAsStringLiteral } from 'nuqs/server';
import { isAskable } from '@/server/domain/shared/moments.ts';

export const rangeNames = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;

export const lagRangesMs: Readonly<Record<(typeof rangeNames)[number], number>> = {
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
};

/** What a page of lag shows, as it stands in the address: a range up to now, or `from` and `to`. */
export const lagFilters = {
  range: parseAsStringLiteral(rangeNames).withDefault('1h'),
  from: parseAsString.withDefault(''),
  to: parseAsString.withDefault(''),
};

export type LagFilter = {
  readonly range: (typeof rangeNames)[number];
  readonly from: string;
  readonly to: string;
};

/** Of two times in the address that are a range; null where they are none. */
export function customRange({
  from,
  to,
}: Pick<LagFilter, 'from' | 'to'>): { from: string; to: string } | null {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  if (!isAskable(begin) || !isAskable(end) || begin >= end) return null;
  if (end - begin > 400 * 86_400_000) return null;
  return { from: new Date(begin).toISOString(), to: new Date(end).toISOString() };
}

/** What is asked of the server: the same for the page that prefetches and the chart that reads. */
export function seriesRange(filter: LagFilter) {
  return customRange(filter) ?? { last: filter.range };
}

export const lagHref = (contractId: string, subject: string) =>
  `/lag/${encodeURIComponent(contractId)}/${encodeURIComponent(subject)}`;
