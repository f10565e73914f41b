import { describe, expect, it } from 'vitest';
import contract from '../../contracts/orders.ts';
import type { EngineContract } from '../../server/domain/contract/define.ts';
import { evolve, rolesOf, type SagaRun } from '../../server/domain/saga/index.ts';
import { type Course, drawOrder, hasMore, nextFact } from './order-story.ts';
import { seededRandom } from './random.ts';

const orders = contract as unknown as EngineContract;

function factsOf(course: Course) {
  const order = drawOrder(seededRandom('orders'), 'O-1', course);
  const facts = [];
  for (let fact = nextFact(order, 0); fact !== null; fact = nextFact(order, facts.length)) facts.push(fact);
  return facts;
}

describe('the courses that an order can take', () => {
  const ends: readonly (readonly [Course, SagaRun['lifecycle']])[] = [
    ['shipped', 'completed'],
    ['declined', 'cancelled'],
    ['refused', 'cancelled'],
    ['refund-fails', 'compensation-failed'],
    ['refunded-late', 'cancelled'],
    ['unanswered', 'running'],
  ];
  it.each(ends)('%s leaves the saga %s, without an oddity', (course, lifecycle) => {
    const { saga } = orders;
    if (saga === null) throw new Error('the contract names no saga');
    let run: SagaRun | null = null;
    for (const [at, { type }] of factsOf(course).entries()) {
      if (rolesOf(saga, type) === null) continue;
      const evolved = evolve(saga, run, { id: `${at}`, type, key: 'O-1', atMs: at, isReadable: true });
      expect(evolved.oddities).toEqual([]);
      run = evolved.run;
    }
    expect(run?.lifecycle).toBe(lifecycle);
  });

  it.each(ends.map(([course]) => course))('%s tells facts that the contract reads', (course) => {
    const facts = factsOf(course);
    for (const { type, data } of facts)
      expect(orders.events[type]?.versions.at(-1)?.schema.safeParse(data).success).toBe(true);
    expect(hasMore(course, facts.length - 1)).toBe(true);
    expect(hasMore(course, facts.length)).toBe(false);
  });

  it('are drawn so that most orders are shipped, and a refund fails now and then', () => {
    const random = seededRandom('many');
    const drawn = Array.from({ length: 8_000 }, (_, at) => drawOrder(random, `O-${at}`).course);
    const count = (course: Course) => drawn.filter((each) => each === course).length;
    expect(count('shipped')).toBeGreaterThan(6_000);
    expect(count('refund-fails')).toBeGreaterThan(0);
    expect(count('refund-fails')).toBeLessThan(40);
    expect(count('unanswered')).toBe(0);
  });
});
