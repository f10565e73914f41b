import { describe, expect, it } from 'vitest';
import { outcomeOf, whatIsDoubtful, whatWasNotCompared, whatWasNotPlaced } from './comparison-outcome.ts';

const found = { keys: 3, differing: 0, eventsBehind: 0, layerDoubts: {}, toleratesCompaction: false };

describe('the outcome of a comparison', () => {
  it.each([
    ['equal', {}],
    ['behind', { eventsBehind: 2 }],
    ['different', { differing: 1, eventsBehind: 2 }],
    ['could-not-compare', { keys: 0 }],
    ['could-not-compare', { keys: 0, eventsBehind: 2 }],
  ] as const)('is %s with %j: no key is no agreement', (outcome, change) => {
    expect(outcomeOf({ ...found, ...change })).toBe(outcome);
  });

  it.each([
    ['could-not-compare', { layerDoubts: { absentMissing: 10 } }],
    ['could-not-compare', { layerDoubts: { quarantined: 1 }, eventsBehind: 2 }],
    ['different', { layerDoubts: { quarantined: 1 }, differing: 1 }],
    ['equal', { layerDoubts: { keysInTwoPartitions: 1 } }],
    ['could-not-compare', { layerDoubts: { absentCompacted: 1 } }],
    ['equal', { layerDoubts: { absentCompacted: 1 }, toleratesCompaction: true }],
  ] as const)('is %s with %j: what history leaves open agrees with nothing', (outcome, change) => {
    expect(outcomeOf({ ...found, ...change })).toBe(outcome);
  });
});

describe('what is doubtful beyond the plan', () => {
  const said = (change: Partial<typeof found> & { layerDoubts: object }) =>
    whatIsDoubtful('shop', { ...found, ...change });

  it('is said by kind, with what all the same was found to agree', () => {
    expect(said({ layerDoubts: { quarantined: 2, absentMissing: 10 } })).toBe(
      "Beyond the plan's end, up to where shop stood, 10 offsets are missing and 2 records could not be folded, so what history says there is not certain. 3 keys agree with what could be read.",
    );
  });

  it('is said beside differences, and where it leaves nothing open', () => {
    expect(said({ layerDoubts: { quarantined: 1 }, differing: 1 })).toMatch(/not certain\.$/);
    expect(said({ layerDoubts: { conflictingDuplicates: 1 } })).toMatch(/with other content\.$/);
  });

  it('is nothing where there is none', () => {
    expect(said({ layerDoubts: {} })).toBeNull();
  });
});

describe('what could not be placed', () => {
  it('is said with its count, and is nothing where every row could', () => {
    expect(whatWasNotPlaced('shop', 0)).toBeNull();
    expect(whatWasNotPlaced('shop', 1)).toMatch(/^1 row of shop was not compared/);
    expect(whatWasNotPlaced('shop', 1_200)).toMatch(/^1,200 rows of shop were not compared/);
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
