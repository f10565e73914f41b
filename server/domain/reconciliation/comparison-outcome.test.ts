import { describe, expect, it } from 'vitest';
import { outcomeOf, whatWasNotCompared } from './comparison-outcome.ts';

describe('the outcome of a comparison', () => {
  it.each([
    ['equal', { keys: 3, differing: 0, eventsBehind: 0 }],
    ['behind', { keys: 3, differing: 0, eventsBehind: 2 }],
    ['different', { keys: 3, differing: 1, eventsBehind: 2 }],
    ['could-not-compare', { keys: 0, differing: 0, eventsBehind: 0 }],
    ['could-not-compare', { keys: 0, differing: 0, eventsBehind: 2 }],
  ] as const)('is %s with %j: no key is no agreement', (outcome, found) => {
    expect(outcomeOf(found)).toBe(outcome);
  });
});

describe('what was not compared', () => {
  it('is said with the keys of the scope that are in neither', () => {
    expect(whatWasNotCompared('shop', 2, ['NOPE'])).toMatch(/1 of 3 keys.*neither.*shop: NOPE/);
    expect(whatWasNotCompared('shop', 0, ['NOPE'])).toMatch(/Nothing was compared.*neither.*shop.*NOPE/);
  });

  it('names the first few of many keys', () => {
    const keys = Array.from({ length: 9 }, (_, at) => `k${at}`);
    expect(whatWasNotCompared('shop', 0, keys)).toMatch(/k0, k1, k2, k3, k4 and 4 more/);
  });

  it('is said where a scope that names no key found none', () => {
    expect(whatWasNotCompared('shop', 0, [])).toMatch(/Nothing was compared/);
  });

  it('is nothing where every key was compared', () => {
    expect(whatWasNotCompared('shop', 2, [])).toBeNull();
  });
});
