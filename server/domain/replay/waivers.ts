import { RepriseError } from '../shared/errors.ts';
import type { PlanRange, Waiver } from './plan-types.ts';

/** More than so many are no exceptions any more: what quarantines them is to be mended. */
export const MAX_WAIVERS = 1_000;

/** Each once, in order of place. Throws RepriseError scope-invalid for one that the plan does not read. */
export function resolveWaivers(asked: readonly Waiver[], ranges: readonly PlanRange[]): readonly Waiver[] {
  if (asked.length > MAX_WAIVERS) {
    throw new RepriseError(
      'scope-invalid',
      `A plan waives at most ${MAX_WAIVERS} records; this names ${asked.length}.`,
      { where: 'waivers' },
    );
  }
  const once = new Map(asked.map((waiver) => [`${waiver.partition}:${BigInt(waiver.offset)}`, waiver]));
  for (const [place, { partition, offset }] of once) {
    const range = ranges.find((each) => each.partition === partition);
    const isRead =
      range !== undefined && BigInt(offset) >= BigInt(range.from) && BigInt(offset) < BigInt(range.to);
    if (!isRead) {
      throw new RepriseError(
        'scope-invalid',
        `The record ${place} is waived, and this plan does not read it.`,
        {
          where: 'waivers',
        },
      );
    }
  }
  return [...once.values()]
    .map(({ partition, offset }) => ({ partition, offset: BigInt(offset).toString() }))
    .toSorted((a, b) => a.partition - b.partition || (BigInt(a.offset) < BigInt(b.offset) ? -1 : 1));
}
