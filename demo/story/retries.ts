/** Where the history's redeliveries stand: a producer that timed out sends the same event again, a little later. */
import type { Random } from './random.ts';
import type { StockFact } from './stock-facts.ts';

export type StoryStep =
  | { readonly step: 'record'; readonly fact: StockFact }
  /** The service had no answer in time for this event and publishes it again, under the same id. */
  | { readonly step: 'retry'; readonly eventId: string };

type Retry = { readonly of: number; readonly after: number };

const harmlessTwice: readonly StockFact['type'][] = ['StockReserved', 'ReservationReleased', 'StockCounted'];

/**
 * @param options.border position of the first fact that warehouse applies with an idempotency check
 * @param options.harmful position of the fact whose redelivery changes warehouse
 * @throws RangeError where the history has too few facts that can be redelivered.
 */
export function insertRetries(
  random: Random,
  facts: readonly StockFact[],
  options: { border: number; redeliveries: number; harmful: number; faultSku: string },
): { before: StoryStep[]; after: StoryStep[] } {
  const { border, harmful, faultSku } = options;
  const early = Math.floor((options.redeliveries - 1) / 3);
  const late = options.redeliveries - 1 - early;
  const others = facts.map((fact, i) => ({ fact, i })).filter(({ fact }) => fact.sku !== faultSku);
  const harmless = others.filter(({ fact, i }) => i < border && harmlessTwice.includes(fact.type));
  const checked = others.filter(({ i }) => i >= border);
  const retries: Retry[] = [
    { of: harmful, after: gapAfter(random, facts, harmful, border) },
    ...sample(random, harmless, early).map(({ i }) => ({ of: i, after: gapAfter(random, facts, i, border) })),
    ...sample(random, checked, late).map(({ i }) => ({
      of: i,
      after: gapAfter(random, facts, i, facts.length),
    })),
  ];
  const steps = facts.map((_, i) => stepsAt(facts, retries, i));
  return { before: steps.slice(0, border).flat(), after: steps.slice(border).flat() };
}

function stepsAt(facts: readonly StockFact[], retries: readonly Retry[], position: number): StoryStep[] {
  const fact = facts[position];
  if (fact === undefined) return [];
  const repeated = retries.filter((retry) => retry.after === position).map((retry) => facts[retry.of]);
  return [
    { step: 'record', fact },
    ...repeated.flatMap((again): StoryStep[] =>
      again === undefined ? [] : [{ step: 'retry', eventId: again.eventId }],
    ),
  ];
}

/** The position after which the retry comes: soon, before `end`, and before the SKU's next fact. */
function gapAfter(random: Random, facts: readonly StockFact[], of: number, end: number): number {
  const sku = facts[of]?.sku;
  const nextOfSku = facts.findIndex((fact, i) => i > of && fact.sku === sku);
  const last = Math.min(end, nextOfSku === -1 ? facts.length : nextOfSku) - 1;
  return random.between(of, Math.min(last, of + 24));
}

function sample<T>(random: Random, from: readonly T[], count: number): T[] {
  if (from.length < count) {
    throw new RangeError(`redeliveries: ${count} wanted where only ${from.length} events can be redelivered`);
  }
  const left = [...from];
  return Array.from({ length: count }, () => {
    const [taken] = left.splice(random.between(0, left.length - 1), 1);
    if (taken === undefined) throw new RangeError('nothing left to redeliver');
    return taken;
  });
}
