import type { Indicator } from '../contract/index.ts';
import { counted, grouped } from '../shared/counted.ts';
import { spanWords } from './span-words.ts';

/** What was spent of a budget; of lag milliseconds, of the others events or compensations. */
export type Spent = { readonly indicator: Indicator; readonly subject: string; readonly amount: number };

const names: Readonly<Record<Indicator, string>> = {
  lag: 'lag',
  duplicates: 'duplicate events',
  losses: 'lost events',
  compensations: 'failed compensations',
};
const units: Readonly<Record<Exclude<Indicator, 'lag'>, string>> = {
  duplicates: 'event',
  losses: 'event',
  compensations: 'compensation',
};

/** `lag of warehouse-projector`, `lost events` */
export function budgetWords({ indicator, subject }: Pick<Spent, 'indicator' | 'subject'>): string {
  return subject === ''
    ? names[indicator]
    : `${names[indicator]} of ${subject.slice(subject.indexOf(':') + 1)}`;
}

/** `2 min 5 s`, `3 events`, `2.50 events` */
export function spentWords({ indicator, amount }: Pick<Spent, 'indicator' | 'amount'>): string {
  if (indicator === 'lag') return spanWords(amount);
  if (Number.isInteger(amount)) return counted(amount, units[indicator]);
  const [whole = '0', decimals = '00'] = amount.toFixed(2).split('.');
  return `${grouped(BigInt(whole))}.${decimals} ${units[indicator]}s`;
}
