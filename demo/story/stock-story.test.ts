import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, isPossible, noStock, type Stock, type StockFact, stockAfter } from './stock-facts.ts';
import { type StockStory, type StoryParameters, storyDefaults, writeStockStory } from './stock-story.ts';

const dates = { startsAt: new Date('2026-03-02T06:00:00Z'), endsAt: new Date('2026-03-23T18:00:00Z') };
const parametersOf = (changed: Partial<StoryParameters> = {}): StoryParameters => ({
  ...storyDefaults,
  ...dates,
  ...changed,
});

const stepsOf = (story: StockStory) => [...story.parts.before, ...story.parts.after];
const factsOf = (story: StockStory): StockFact[] =>
  stepsOf(story).flatMap((step) => (step.step === 'record' ? [step.fact] : []));
const retriesOf = (story: StockStory) => stepsOf(story).filter((step) => step.step === 'retry');

function stockOf(facts: readonly StockFact[], sku: string): Stock {
  return facts
    .filter((fact) => fact.sku === sku)
    .reduce((stock, fact) => stockAfter(stock, changeOf(fact, stock)), noStock);
}

describe('the stock story', () => {
  const seeds = ['reprise', '1', '2', 'another', '1842', 'ünïcode'];

  it.each(seeds)('has the records, redeliveries and SKUs that were asked for (seed %s)', (seed) => {
    const story = writeStockStory(parametersOf({ seed }));
    expect(stepsOf(story)).toHaveLength(storyDefaults.events);
    expect(retriesOf(story)).toHaveLength(storyDefaults.redeliveries);
    expect(new Set(factsOf(story).map((fact) => fact.sku)).size).toBe(storyDefaults.skus);
    expect(new Set(factsOf(story).map((fact) => fact.eventId)).size).toBe(factsOf(story).length);
  });

  it.each(seeds)('ends the fault SKU at the quantity that was asked for (seed %s)', (seed) => {
    const story = writeStockStory(parametersOf({ seed }));
    expect(stockOf(factsOf(story), story.faultSku).onHand).toBe(storyDefaults.fault.quantity);
  });

  it.each(seeds)('has exactly one receipt that selling cannot read (seed %s)', (seed) => {
    const story = writeStockStory(parametersOf({ seed }));
    const unread = factsOf(story).filter((fact) => fact.version > 2);
    expect(unread.map((fact) => [fact.sku, fact.type, changeOf(fact, noStock).onHand])).toEqual([
      [story.faultSku, 'StockReceived', storyDefaults.fault.unreadReceipt],
    ]);
  });

  it.each(seeds)(
    'repeats one shipment before warehouse checks ids, and nothing else that adds (seed %s)',
    (seed) => {
      const story = writeStockStory(parametersOf({ seed }));
      const byId = new Map(factsOf(story).map((fact) => [fact.eventId, fact]));
      const early = story.parts.before.flatMap((step) => {
        const fact = step.step === 'retry' ? byId.get(step.eventId) : undefined;
        return fact === undefined ? [] : [fact];
      });
      const adds = early.filter((fact) =>
        ['StockShipped', 'StockReceived', 'StockAdjusted'].includes(fact.type),
      );
      expect(adds.map((fact) => [fact.sku, changeOf(fact, noStock).onHand])).toEqual([
        [story.faultSku, -storyDefaults.fault.repeatedShipment],
      ]);
    },
  );

  it('retries an event after it was recorded, in the same part, before its SKU changes again', () => {
    const story = writeStockStory(parametersOf());
    for (const part of [story.parts.before, story.parts.after]) {
      part.forEach((step, at) => {
        if (step.step !== 'retry') return;
        const first = part.findIndex((s) => s.step === 'record' && s.fact.eventId === step.eventId);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first).toBeLessThan(at);
        const record = part[first];
        const sku = record?.step === 'record' ? record.fact.sku : '';
        const between = part.slice(first + 1, at);
        expect(between.some((s) => s.step === 'record' && s.fact.sku === sku)).toBe(false);
      });
    }
  });

  it('is the same for the same parameters, and another for another seed', () => {
    expect(writeStockStory(parametersOf())).toEqual(writeStockStory(parametersOf()));
    expect(writeStockStory(parametersOf({ seed: 'x' }))).not.toEqual(writeStockStory(parametersOf()));
  });

  it('writes two versions of receipts and of shipments', () => {
    const facts = factsOf(writeStockStory(parametersOf()));
    const kinds = new Set(facts.map((fact) => `${fact.type} v${fact.version}`));
    for (const kind of ['StockReceived v1', 'StockReceived v2', 'StockShipped v1', 'StockShipped v2']) {
      expect(kinds).toContain(kind);
    }
  });

  it('never lets an impossible thing happen, whatever the seed and size', () => {
    const sizes = fc.record({
      seed: fc.string(),
      skus: fc.integer({ min: 2, max: 120 }),
      more: fc.integer({ min: 0, max: 400 }),
      redeliveries: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(sizes, ({ seed, skus, more, redeliveries }) => {
        const events = skus + redeliveries + 150 + more;
        const story = writeStockStory(parametersOf({ seed, skus, events, redeliveries }));
        const stocks = new Map<string, Stock>();
        let before = '';
        for (const fact of factsOf(story)) {
          const stock = stocks.get(fact.sku) ?? noStock;
          const after = stockAfter(stock, changeOf(fact, stock));
          expect(isPossible(after)).toBe(true);
          expect(fact.occurredAt >= before).toBe(true);
          before = fact.occurredAt;
          stocks.set(fact.sku, after);
        }
        expect(stepsOf(story)).toHaveLength(events);
        expect(stocks.size).toBe(skus);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [{ skus: 1 }, /skus/],
    [{ events: 400 }, /events must be/],
    [{ redeliveries: 0 }, /whole numbers/],
    [{ redeliveries: 300 }, /redeliveries must be/],
    [{ endsAt: dates.startsAt }, /endsAt/],
    [{ fault: { quantity: 1, unreadReceipt: 8, repeatedShipment: 9 } }, /larger quantity/],
  ])('refuses %j with the parameter named', (changed, message) => {
    expect(() => writeStockStory(parametersOf(changed))).toThrow(message);
  });
});
