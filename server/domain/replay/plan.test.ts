import { describe, expect, it } from 'vitest';
import type { EngineContract } from '../contract/index.ts';
import { stockContract } from '../test-kit/stock-contract.ts';
import { whatBeganLater } from './began-later.ts';
import { diffPlans, type PlanFacts, planText, resolvePlan } from './plan.ts';

const part = (partition: number, logStart: bigint, lastStable: bigint) => ({
  partition,
  logStart: String(logStart),
  lastStable: String(lastStable),
  highWatermark: String(lastStable),
});

const facts = (change: Partial<PlanFacts> = {}): PlanFacts => ({
  contract: stockContract,
  version: 3,
  bundleDigest: 'd'.repeat(64),
  scope: { kind: 'all' },
  history: {
    identity: 'topic-id',
    kind: 'kafka',
    name: 'stock.events',
    partitions: [part(0, 0n, 100n), part(1, 0n, 50n)],
    visibleBefore: null,
    cleanupPolicy: 'delete',
  },
  timeOffsets: null,
  archiveFrom: null,
  neededFrom: null,
  base: null,
  review: false,
  waivers: [],
  latestApprovals: null,
  salt: 'of the kitchen',
  now: new Date('2026-01-01T00:00:00Z'),
  ...change,
});
/** Needs the last seven days only. */
const days: Partial<PlanFacts> = {
  contract: { ...stockContract, history: { ...kafka(stockContract), retention: { days: 7 } } },
};
const truncated = { ...facts().history, partitions: [part(0, 40n, 100n), part(1, 0n, 50n)] };

const base = { replayId: 'r', evidenceDigest: 'e', shadowDigest: 's', visibleBefore: null };

describe('the approvals that a plan needs', () => {
  const asking = (replay: number, freeUpToEvents: number | null): Partial<PlanFacts> => ({
    contract: { ...stockContract, approvals: { replay, freeUpToEvents, promotion: 1 } },
  });
  it.each([
    ['those of the contract', asking(2, null), 2],
    ['none within the free limit', asking(2, 150), 0],
    ['all beyond it', asking(2, 149), 2],
    ['none where the contract asks for none', asking(0, null), 0],
    ['one where somebody wants it', { ...asking(0, null), review: true }, 1],
    ['one where somebody wants it, within the free limit too', { ...asking(2, 150), review: true }, 1],
    ['no fewer for that', { ...asking(2, null), review: true }, 2],
    [
      'those of the newest version, where an older one asks for less',
      { ...asking(0, null), latestApprovals: { replay: 2, freeUpToEvents: null, promotion: 1 } },
      2,
    ],
  ])('are %s', (_name, change, needed) => {
    expect(resolvePlan(facts(change)).approvalsNeeded).toBe(needed);
  });
});

describe('records that are waived', () => {
  const waive = (waivers: PlanFacts['waivers'], change: Partial<PlanFacts> = {}) =>
    resolvePlan(facts({ waivers, ...change }));

  it('stand in the plan once each, in order, and ask for an approval whatever the free limits', () => {
    const plan = waive(
      [
        { partition: 1, offset: '9' },
        { partition: 0, offset: '12' },
        { partition: 0, offset: '2' },
        { partition: 1, offset: '9' },
      ],
      { contract: { ...stockContract, approvals: { replay: 0, freeUpToEvents: 1_000, promotion: 1 } } },
    );
    expect(plan.waivers?.map(({ partition, offset }) => `${partition}:${offset}`)).toEqual([
      '0:2',
      '0:12',
      '1:9',
    ]);
    expect(plan.approvalsNeeded).toBe(1);
  });

  it('leave a plan without them as it was', () => {
    expect('waivers' in waive([])).toBe(false);
  });

  it.each(['100', '50000'])('are refused where the plan does not read them: offset %s', (offset) => {
    expect(() => waive([{ partition: 0, offset }])).toThrow(
      /The record 0:\d+ is waived, and this plan does not read it/,
    );
  });
  it('are refused of a partition that the plan does not read, and where they are too many', () => {
    expect(() => waive([{ partition: 7, offset: '1' }])).toThrow(/7:1 is waived/);
    const many = Array.from({ length: 1_001 }, () => ({ partition: 0, offset: '1' }));
    expect(() => waive(many)).toThrow(/at most 1000/);
  });
});

describe('a plan', () => {
  it('is salted where its scope is by keys, so that its hash does not confirm a guessed key', () => {
    const scope = { kind: 'keys' as const, keys: ['A'] };
    const of = (salt: string) => resolvePlan(facts({ scope, salt }));
    expect(of('one').salt).toBe('one');
    expect(planText(of('one'))).not.toBe(planText(of('another')));
    expect(of('one').scope).toEqual(scope);
    expect('salt' in resolvePlan(facts())).toBe(false);
  });

  it('says how long the partitions are that it does not read, and nothing of them where it reads all', () => {
    const { unread } = resolvePlan(
      facts({
        scope: { kind: 'partitions', partitions: [0] },
        history: { ...facts().history, partitions: [part(2, 7n, 90n), part(1, 0n, 0n), part(0, 0n, 100n)] },
        archiveFrom: new Map([[2, 3n]]),
      }),
    );
    expect(unread).toEqual([
      { partition: 1, from: '0', logStart: '0', lastStable: '0' },
      { partition: 2, from: '3', logStart: '7', lastStable: '90' },
    ]);
    expect('unread' in resolvePlan(facts())).toBe(false);
  });

  it('resolves everything to the offsets of the moment', () => {
    const plan = resolvePlan(facts());
    expect(plan.ranges).toMatchObject([
      { partition: 0, from: '0', to: '100' },
      { partition: 1, from: '0', to: '50' },
    ]);
    expect(plan.eventEstimate).toBe('150');
    expect(planText(plan)).toBe(planText(structuredClone(plan)));
  });

  it('takes from the archive what retention has removed', () => {
    const plan = resolvePlan(facts({ history: truncated, archiveFrom: new Map([[0, 0n]]) }));
    expect(plan.ranges[0]).toMatchObject({ from: '0', to: '100', archiveUntil: '40' });
  });

  it('starts where the log does, where only the last days are needed and the log still holds what is older', () => {
    const neededFrom = new Map([[0, 41n]]);
    const plan = resolvePlan(facts({ ...days, history: truncated, neededFrom }));
    expect(plan.ranges[0]).toMatchObject({ from: '40', to: '100' });
    expect(whatBeganLater(plan)).toMatch(/partition 0 at offset 40/);
    expect(whatBeganLater(resolvePlan(facts()))).toBeNull();
  });

  const refused: readonly [string, Partial<PlanFacts>, string, RegExp][] = [
    ['missing history, with the exact range', { history: truncated }, 'history-truncated', /offsets 0 to 39/],
    [
      'the last days where nothing shows that they are whole',
      { ...days, history: truncated, neededFrom: new Map([[0, 40n]]) },
      'history-truncated',
      /partition 0 .*offset 40.*7 days/,
    ],
    [
      'the last days of a log that retention has emptied',
      {
        ...days,
        history: { ...facts().history, partitions: [part(0, 100n, 100n), part(1, 0n, 50n)] },
        neededFrom: new Map([[0, 100n]]),
      },
      'history-truncated',
      /7 days/,
    ],
    [
      'a partition that does not exist',
      { scope: { kind: 'partitions', partitions: [7] } },
      'scope-invalid',
      /no partition 7/,
    ],
    [
      'a range that reads nothing',
      { scope: { kind: 'offsets', ranges: [{ partition: 0, from: '5', to: '5' }] } },
      'scope-invalid',
      /reads nothing/,
    ],
    [
      'a range beyond the last stable offset',
      { scope: { kind: 'offsets', ranges: [{ partition: 0, from: '0', to: '101' }] } },
      'scope-invalid',
      /up to 100/,
    ],
    [
      'a range that starts in the middle without a base',
      { scope: { kind: 'offsets', ranges: [{ partition: 0, from: '5', to: '9' }] } },
      'base-required',
      /Replay 0–5 first/,
    ],
    [
      'two ranges of one partition',
      {
        scope: {
          kind: 'offsets',
          ranges: [
            { partition: 0, from: '0', to: '5' },
            { partition: 0, from: '6', to: '9' },
          ],
        },
      },
      'scope-invalid',
      /two ranges/,
    ],
    [
      'an empty history',
      { history: { ...facts().history, partitions: [part(0, 0n, 0n)] } },
      'scope-invalid',
      /reads nothing/,
    ],
    [
      'a scope that the contract does not allow',
      { contract: limited({ allow: ['keys'] }) },
      'scope-not-allowed',
      /scopes by keys/,
    ],
    [
      'more events than the contract allows',
      { contract: limited({ maxEvents: 10 }) },
      'scope-not-allowed',
      /150/,
    ],
    ['routing over several partitions', { contract: routed() }, 'scope-not-allowed', /no total order/],
  ];
  it.each(refused)('refuses %s', (_, change, code, sentence) => {
    expect(() => resolvePlan(facts(change))).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(sentence) }),
    );
  });

  describe('by time', () => {
    const offsets = (of: readonly (readonly [number, bigint])[]) => new Map(of);
    const from0 = [0, 0n] as const;
    const byTime = (
      from: readonly (readonly [number, bigint])[],
      to: readonly (readonly [number, bigint])[],
      change: Partial<PlanFacts> = {},
    ) =>
      facts({
        scope: { kind: 'time', from: '2025-12-01T00:00:00Z', to: '2025-12-02T00:00:00Z' },
        timeOffsets: { from: offsets(from), to: offsets(to) },
        ...change,
      });
    const old = new Map([[0, 41n]]);

    it.each<[string, PlanFacts, readonly object[]]>([
      [
        'what stands between the instants, in each partition',
        byTime(
          [from0, [1, 0n]],
          [
            [0, 70n],
            [1, 20n],
          ],
        ),
        [
          { partition: 0, from: '0', to: '70' },
          { partition: 1, from: '0', to: '20' },
        ],
      ],
      [
        'no partition in which nothing stands between them',
        byTime(
          [from0, [1, 20n]],
          [
            [0, 70n],
            [1, 20n],
          ],
        ),
        [{ partition: 0, from: '0', to: '70' }],
      ],
      [
        'no further than the last stable offset, where the second instant is later or the log ends above it',
        byTime([from0, [1, 0n]], [[0, 140n]]),
        [
          { partition: 0, from: '0', to: '100' },
          { partition: 1, from: '0', to: '50' },
        ],
      ],
      [
        'from the middle on, upon a base',
        byTime(
          [
            [0, 30n],
            [1, 50n],
          ],
          [
            [0, 70n],
            [1, 50n],
          ],
          { base },
        ),
        [{ partition: 0, from: '30', to: '70' }],
      ],
      [
        'a truncated log from its beginning, upon a base that ends there',
        byTime(
          [
            [0, 40n],
            [1, 50n],
          ],
          [
            [0, 70n],
            [1, 50n],
          ],
          { history: truncated, base },
        ),
        [{ partition: 0, from: '40', to: '70' }],
      ],
      [
        'what is left, where the contract needs days that are whole',
        byTime(
          [
            [0, 40n],
            [1, 0n],
          ],
          [
            [0, 70n],
            [1, 20n],
          ],
          { ...days, history: truncated, neededFrom: old },
        ),
        [
          { partition: 0, from: '40', to: '70' },
          { partition: 1, from: '0', to: '20' },
        ],
      ],
      [
        'from the archive what retention has removed',
        byTime(
          [from0, [1, 50n]],
          [
            [0, 70n],
            [1, 50n],
          ],
          { history: truncated, archiveFrom: new Map([from0]) },
        ),
        [{ partition: 0, from: '0', to: '70', archiveUntil: '40' }],
      ],
    ])('reads %s', (_name, given, ranges) => {
      const plan = resolvePlan(given);
      expect(plan.ranges).toHaveLength(ranges.length);
      expect(plan.ranges).toMatchObject(ranges);
    });

    it('says where a fold of what is left began', () => {
      const given = byTime(
        [
          [0, 40n],
          [1, 50n],
        ],
        [[0, 70n]],
        { ...days, history: truncated, neededFrom: old },
      );
      expect(whatBeganLater(resolvePlan(given))).toMatch(/partition 0 at offset 40/);
    });

    it.each<[string, PlanFacts, string, RegExp]>([
      [
        'a span without an event',
        byTime(
          [
            [0, 70n],
            [1, 50n],
          ],
          [[0, 70n]],
        ),
        'scope-invalid',
        /reads nothing/,
      ],
      [
        'one that begins in the middle without a base',
        byTime(
          [
            [0, 30n],
            [1, 0n],
          ],
          [[0, 70n]],
        ),
        'base-required',
        /Partition 0 .*Replay 0–30 first/,
      ],
      [
        'a truncated log, with the exact range that is missing',
        byTime(
          [
            [0, 40n],
            [1, 0n],
          ],
          [[0, 70n]],
          { history: truncated },
        ),
        'history-truncated',
        /offsets 0 to 39/,
      ],
      [
        'what is left of a log where nothing shows that the days a contract needs are whole',
        byTime(
          [
            [0, 40n],
            [1, 0n],
          ],
          [[0, 70n]],
          { ...days, history: truncated, neededFrom: new Map([[0, 40n]]) },
        ),
        'history-truncated',
        /offset 40.*7 days/,
      ],
      [
        'the middle of what is left, and asks for no replay that nobody can make',
        byTime(
          [
            [0, 60n],
            [1, 0n],
          ],
          [[0, 70n]],
          { ...days, history: truncated, neededFrom: old },
        ),
        'base-required',
        /from 60 on.*Offsets 0 to 39 are gone.*begin the scope at 40/,
      ],
      [
        'instants that were not resolved',
        byTime([], [], { timeOffsets: null }),
        'scope-invalid',
        /not resolved/,
      ],
    ])('refuses %s', (_name, given, code, sentence) => {
      expect(() => resolvePlan(given)).toThrowError(
        expect.objectContaining({ code, message: expect.stringMatching(sentence) }),
      );
    });
  });

  it('reads a range that begins where a truncated log does by the same rule', () => {
    const scope = { kind: 'offsets' as const, ranges: [{ partition: 0, from: '40', to: '60' }] };
    const whole = { ...days, history: truncated, neededFrom: new Map([[0, 41n]]) };
    expect(resolvePlan(facts({ ...whole, scope })).ranges).toMatchObject([{ from: '40', to: '60' }]);
    expect(() => resolvePlan(facts({ history: truncated, scope }))).toThrow(/offsets 0 to 39/);
  });

  it('says where an event table begins, of which no archive is kept', () => {
    const table = {
      ...facts().history,
      kind: 'postgres' as const,
      name: 'ledger',
      partitions: [part(0, 3n, 9n)],
    };
    const scope = { kind: 'offsets' as const, ranges: [{ partition: 0, from: '0', to: '5' }] };
    expect(() => resolvePlan(facts({ history: table, scope }))).toThrow(
      'The first row of ledger stands at position 3; the scope begins at 0. Begin it there.',
    );
  });

  it('starts in the middle on a base', () => {
    const plan = resolvePlan(
      facts({ base, scope: { kind: 'offsets', ranges: [{ partition: 0, from: '5', to: '9' }] } }),
    );
    expect(plan.base).toEqual(base);
  });

  it('says what changed since another plan', () => {
    const before = resolvePlan(facts());
    const after = resolvePlan(
      facts({ history: { ...facts().history, partitions: [part(0, 0n, 120n), part(1, 0n, 50n)] } }),
    );
    expect(diffPlans(before, after)).toEqual(['Partition 0: 0–100 → 0–120.']);
    expect(diffPlans(before, before)).toEqual([]);
  });
});

function kafka({ history }: EngineContract) {
  if (history.kind !== 'kafka') throw new Error('not over Kafka');
  return history;
}

function limited(scope: Partial<EngineContract['scope']>): EngineContract {
  return { ...stockContract, scope: { ...stockContract.scope, ...scope } };
}

function routed(): EngineContract {
  return { ...stockContract, projection: { ...stockContract.projection, route: () => ['A', 'B'] } };
}
