import { type Breach, lengthOf, type PairStanding, type Standing } from '../../domain/budget/index.ts';
import { counted, grouped } from '../../domain/shared/counted.ts';
import type { KnownBudget } from './read-standings.ts';

/** Words and figures of a breach, as incidents show them. Of what was measured, and never a value of a history. */

const subjectWords = (subject: string): string => {
  const colon = subject.indexOf(':');
  const name = subject.slice(colon + 1);
  return subject.startsWith('group:') ? `consumer group ${name}` : `derived state ${name}`;
};

export function duration(ms: number): string {
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  const minutes = Math.floor(ms / 60_000);
  const rest = Math.round((ms % 60_000) / 1_000);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48)
    return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (minutes >= 120) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}

const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`;
const rateWords = (rate: number | null) => (rate === null ? 'none' : Number(rate.toPrecision(3)).toString());

function what({ indicator, subject, contractId }: KnownBudget): string {
  switch (indicator) {
    case 'lag':
      return `The lag budget of ${subjectWords(subject)} (${contractId})`;
    case 'duplicates':
      return `The budget of duplicates (${contractId})`;
    case 'compensations':
      return `The budget of failed compensations (${contractId})`;
    case 'losses':
      return `The budget of losses (${contractId})`;
  }
}

export function amountWords({ indicator }: KnownBudget, amount: number): string {
  if (indicator === 'lag') return duration(amount);
  return grouped(Number(amount.toFixed(amount < 10 ? 2 : 0)));
}

/** `The lag budget of consumer group warehouse-projector (inventory) is exhausted: 6 min of 5 min are spent.` */
export function breachTitle(
  budget: KnownBudget,
  { spent, allowed, pairs }: Standing,
  breach: Breach,
): string {
  const of = `${amountWords(budget, spent)} of ${amountWords(budget, allowed)} are spent`;
  switch (breach.why) {
    case 'lost':
      return `${counted(spent, 'event')} of ${budget.contractId} ${spent === 1 ? 'is' : 'are'} lost: sent, and never arrived.`;
    case 'exhausted':
      return `${what(budget)} is exhausted: ${of}.`;
    case 'page':
    case 'ticket': {
      const fastest = pairs.find(({ verdict, urgency }) => verdict === 'fires' && urgency === breach.why);
      return `${what(budget)} burns ${rateWords(fastest?.long.rate ?? null)} times as fast as it lasts: ${of}.`;
    }
  }
}

export function breachFacts(budget: KnownBudget, standing: Standing): Readonly<Record<string, string>> {
  const { spent, allowed, left, spentShare, window, unknown, excludedBad, exhaustedAtMs } = standing;
  const facts: Record<string, string> = {
    spent: amountWords(budget, spent),
    allowed: amountWords(budget, allowed),
    left: left < 0 ? `none, ${amountWords(budget, -left)} beyond it` : amountWords(budget, left),
    window: `${new Date(window.fromMs).toISOString()} for ${duration(lengthOf(window))}`,
  };
  if (spentShare !== null) facts['share of the budget spent'] = percent(spentShare);
  if (budget.indicator !== 'lag') facts.counted = grouped(Math.round(standing.total));
  for (const pair of standing.pairs.filter(({ verdict }) => verdict === 'fires'))
    facts[`burn rate over ${duration(pair.long.ms)} and ${duration(pair.short.ms)}`] = pairWords(pair);
  if (exhaustedAtMs !== null) facts['exhausted at this rate'] = new Date(exhaustedAtMs).toISOString();
  if (unknown > 0) facts['not measured'] = duration(unknown);
  if (excludedBad > 0) facts['left out'] = amountWords(budget, excludedBad);
  return facts;
}

const pairWords = ({ long, short, threshold }: PairStanding) =>
  `${rateWords(long.rate)} and ${rateWords(short.rate)}, above ${rateWords(threshold)}`;

export function overWords(budget: KnownBudget, standing: Standing): string {
  if (standing.state === 'unmeasured') return `${what(budget)}: its window has turned.`;
  const { spent, allowed, excludedBad, excludedMs } = standing;
  const isLeftOut = excludedBad > 0 || excludedMs > 0;
  const out = isLeftOut
    ? ` Of its window ${duration(excludedMs)} are left out, with ${amountWords(budget, excludedBad)} that ${budget.indicator === 'lag' ? 'was' : 'were'} spent in it.`
    : '';
  return `${what(budget)} is within what it allows again: ${amountWords(budget, spent)} of ${amountWords(budget, allowed)} are spent, and no burn rate is above its threshold.${out}`;
}
