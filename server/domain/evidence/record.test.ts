import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeContract } from '../contract/index.ts';
import type { Comparison, InvariantOutcome, InvariantResult } from '../reconciliation/index.ts';
import { assessConfidence, type FindingKind, noCounts, type Plan, type Scope } from '../replay/index.ts';
import { comparisonOf } from '../test-kit/records.ts';
import { stockContract } from '../test-kit/stock-contract.ts';
import { type ReplayFacts, replayRecord, statementText } from './record.ts';
import { remarksOf } from './remarks.ts';
import { checkVerdict, emptyShadowDigest, invariantFacts } from './verdict-check.ts';

const digest = 'a'.repeat(64);

function facts(change: Partial<ReplayFacts> = {}): ReplayFacts {
  return {
    replayId: 'r1',
    status: 'finished',
    failure: null,
    contract: {
      id: 'stock',
      version: 1,
      bundleDigest: digest,
      description: describeContract(stockContract, () => digest as never),
    },
    plan: null,
    planHash: digest,
    counters: { ...noCounts, applied: 1825, duplicates: 17 },
    waivedQuarantine: 0,
    findings: new Map<FindingKind, number>([['duplicate', 17]]),
    confidence: { status: 'trusted', reasons: [] },
    agreement: 'equal',
    coverage: null,
    comparisons: [],
    invariants: [],
    explained: { explained: 0, unexplained: 0, notSearched: 0 },
    shadowDigest: digest,
    historyDigest: digest,
    diffDigest: digest,
    partitions: [],
    seams: [],
    requestedBy: 'ada',
    reason: '',
    cancellation: null,
    breakGlass: null,
    remarksDigest: digest,
    approvals: [],
    requestedAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    endedAt: '2026-01-01T00:00:01.000Z',
    software: { reprise: '0.1.0' },
    ...change,
  };
}

const replayStatement = (of: ReplayFacts) => replayRecord(of, () => digest as never).statement;

/** A plan over the first `read` of three partitions. */
function planOf(scope: Scope, read = 3): Plan {
  const range = { from: '0', to: '10', logStart: '0', lastStable: '10', archiveUntil: null };
  return {
    format: 'reprise.plan/v1',
    contract: { id: 'stock', version: 1, bundleDigest: digest },
    scope,
    history: {
      kind: 'kafka',
      name: 't',
      identity: 'i',
      visibleBefore: null,
      partitionCount: 3,
      cleanupPolicy: null,
    },
    ranges: Array.from({ length: read }, (_, partition) => ({ partition, ...range })),
    base: null,
    compare: [],
    eventEstimate: '1',
    approvalsNeeded: 0,
    plannedAt: '2026-01-01T00:00:00.000Z',
  };
}

const whole = (outcome: InvariantOutcome): InvariantResult => ({
  name: 'total',
  over: 'whole',
  outcome,
  failingKeys: [],
  failing: outcome === 'failed' ? 1 : 0,
  problem: null,
});

const unread: Comparison = {
  derivedState: 'shop',
  mode: 'at-position',
  appliedPositions: [],
  keys: 0,
  equal: 0,
  missing: 0,
  extra: 0,
  different: 0,
  eventsBehind: '0',
  layerEvents: '0',
  diffDigest: digest,
  outcome: 'could-not-compare',
  problem: null,
  comparedAt: '2026-01-01T00:00:00.000Z',
};

describe('the record of a replay', () => {
  it('is an in-toto statement about the plan, the shadow state and the diff', () => {
    const statement = replayStatement(facts());
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicate: { events_processed: 1842, duplicates_skipped: 17 },
    });
    expect(statement.subject.map((each) => each.name)).toEqual(['plan', 'shadow-state', 'diff']);
  });

  it('has a subject even where there never was a plan', () => {
    const refused = facts({
      status: 'refused',
      planHash: null,
      shadowDigest: null,
      diffDigest: null,
      confidence: null,
    });
    expect(replayStatement(refused).subject).toEqual([
      { name: 'contract-bundle', digest: { sha256: digest } },
    ]);
  });

  it('names no key, not even of a failing invariant', () => {
    const invariants = [
      { name: 'ok', over: 'key', outcome: 'failed', failingKeys: ['SECRET-KEY'], failing: 1, problem: null },
    ] as const;
    expect(statementText(replayStatement(facts({ invariants })))).not.toContain('SECRET-KEY');
  });

  it('names no key of a scope by keys: only how many there were', () => {
    const plan = { ...planOf({ kind: 'keys', keys: ['SECRET-KEY', 'OTHER'] }), salt: 'SECRET-SALT' };
    const text = statementText(replayStatement(facts({ plan })));
    expect(text).not.toMatch(/SECRET|salt"/);
    expect(text).toContain('"key_count":2');
  });

  it('fails the check where its reasons are not those that its other fields give', () => {
    const confidence = { status: 'untrusted', reasons: ['history-missing'] } as const;
    const counters = { ...noCounts, quarantined: 1 };
    expect(checkVerdict(replayStatement(facts({ confidence, counters })))).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringMatching(/history-missing; its other fields give quarantined/),
    });
  });

  it('says nothing in the words of people and programs, which may name a person: it holds their digest', () => {
    const said = {
      reason: 'asked for by alice@example.com',
      cancellation: { by: 'operator', reason: 'alice@example.com changed her mind' },
      failure: { code: 'internal', sentence: 'no row for alice@example.com' },
      invariants: [{ ...whole('could-not-run'), problem: 'it failed at key alice@example.com' }],
      comparisons: [{ ...unread, problem: 'Key (email)=(alice@example.com) already exists' }],
    };
    const description = {
      ...describeContract(stockContract, () => digest as never),
      authors: ['alice@example.com'],
    };
    const all = facts({
      ...said,
      contract: { ...facts().contract, description },
      remarksDigest: 'b'.repeat(64),
    });
    const text = statementText(replayStatement(all));
    expect(text).not.toContain('alice');
    expect(text).toContain(`"remarks":{"sha256":"${'b'.repeat(64)}"}`);
    expect(replayStatement(all).predicate.failure).toEqual({ code: 'internal' });
    expect(remarksOf(all, 'salt')).toEqual({
      format: 'reprise.remarks/v1',
      salt: 'salt',
      reason: said.reason,
      failure: said.failure.sentence,
      cancellation: said.cancellation.reason,
      authors: ['alice@example.com'],
      comparisons: { shop: said.comparisons[0]?.problem },
      invariants: { total: said.invariants[0]?.problem },
    });
  });

  it('says what it does not prove, from what is so', () => {
    const sentences = replayStatement(facts({ counters: { ...noCounts, erased: 2 } })).predicate
      .does_not_prove;
    expect(sentences).toContainEqual(expect.stringContaining('2 events were folded without it'));
    const one = replayStatement(facts({ counters: { ...noCounts, erased: 1, quarantined: 1 } })).predicate;
    expect(one.does_not_prove).toContainEqual(expect.stringContaining('1 event was folded without it'));
    expect(one.does_not_prove).toContain('What 1 quarantined event would have done.');
  });

  it('says what beyond the plan it could not rely on, and which rows it could not place', () => {
    const comparison = comparisonOf({ layerDoubts: { quarantined: 1, absentMissing: 10 }, unplaced: 3 });
    const { does_not_prove: sentences } = replayStatement(facts({ comparisons: [comparison] })).predicate;
    expect(sentences).toContainEqual(
      expect.stringMatching(/beyond the plan's end.*shop.*10 offsets are missing and 1 record could not be/),
    );
    expect(sentences).toContainEqual(expect.stringMatching(/shop has no rows too many: 3 rows/));
    const without = replayStatement(facts({ comparisons: [comparisonOf()] })).predicate.does_not_prove;
    expect(without.join()).not.toMatch(/beyond the plan|too many/);
  });

  it('says that an invariant over the whole proves nothing where only part of the keys was read', () => {
    const plan = planOf({ kind: 'partitions', partitions: [0] }, 1);
    const { predicate } = replayStatement(facts({ plan, invariants: [whole('not-applicable')] }));
    expect(predicate.reconciliation_failures).toBe(0);
    expect(predicate.does_not_prove).toContainEqual(
      expect.stringMatching(/total.*holds for every key together/),
    );
  });

  it('says that it began after events that are gone', () => {
    const plan = planOf({ kind: 'all' });
    const late = { ...plan, ranges: plan.ranges.map((range) => ({ ...range, from: '4', logStart: '4' })) };
    expect(replayStatement(facts({ plan: late })).predicate.does_not_prove).toContainEqual(
      expect.stringMatching(/partition 0 at offset 4/),
    );
  });

  it('proves no more than the record that it goes on from', () => {
    const base = {
      replayId: 'r0',
      evidenceDigest: 'c'.repeat(64),
      shadowDigest: digest,
      visibleBefore: null,
    };
    const of = (plan: Plan) => replayStatement(facts({ plan })).predicate.does_not_prove;
    expect(of({ ...planOf({ kind: 'all' }), base })).toContain(
      `Anything that the record it goes on from (SHA-256 ${base.evidenceDigest}) does not prove.`,
    );
    expect(of(planOf({ kind: 'all' })).join()).not.toContain('goes on from');
  });

  it('has bytes that do not depend on the order of its fields', () => {
    const text = statementText(replayStatement(facts()));
    expect(statementText(JSON.parse(text))).toBe(text);
  });
});

describe('a waiver', () => {
  const approved = {
    by: 'ada',
    at: '2026-01-01T00:00:00.000Z',
    verdict: 'approved',
    void: null,
    reason: 'known',
  } as const;
  const waiving = (change: Partial<ReplayFacts> = {}) =>
    replayStatement(
      facts({
        plan: { ...planOf({ kind: 'all' }), waivers: [{ partition: 0, offset: '7' }], approvalsNeeded: 1 },
        counters: { ...noCounts, applied: 9, quarantined: 1 },
        findings: new Map<FindingKind, number>([['undecodable', 1]]),
        waivedQuarantine: 1,
        confidence: { status: 'trusted', reasons: [] },
        approvals: [approved],
        ...change,
      }),
    );

  it('lets a replay be trusted, and stands in its record with who approved it and what it leaves open', () => {
    const statement = waiving();
    expect(checkVerdict(statement)).toMatchObject({ outcome: 'passed', recomputed: { status: 'trusted' } });
    expect(statement.predicate).toMatchObject({
      waived_quarantined: 1,
      plan: { waivers: [{ partition: 0, offset: '7' }] },
      approvals: [{ by: 'ada', verdict: 'approved', void: null }],
    });
    expect(statement.predicate.does_not_prove).toContain(
      'What 1 quarantined event, of which 1 were waived would have done.',
    );
  });

  it.each<[string, Partial<ReplayFacts>, RegExp]>([
    ['that nobody approved', { approvals: [] }, /nobody has approved/],
    ['whose approval is void', { approvals: [{ ...approved, void: 'right lost' }] }, /nobody has approved/],
    [
      'of a plan that ran by broken glass',
      {
        breakGlass: {
          incident: 'g',
          by: ['olga', 'omar'],
          at: '2026-01-01T00:00:00.000Z',
          reasons: ['now', 'now'],
        },
      },
      /ran without the approvals/,
    ],
    ['that its plan does not hold', { plan: planOf({ kind: 'all' }) }, /more records as waived/],
    ['of more than was quarantined', { waivedQuarantine: 2 }, /more records as waived/],
    [
      'of one of two',
      { counters: { ...noCounts, quarantined: 2 } },
      /says trusted; its other fields say untrusted/,
    ],
  ])('%s is found out', (_name, change, why) => {
    expect(checkVerdict(waiving(change))).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringMatching(why),
    });
  });
});

describe('checking a verdict against its record', () => {
  const count = fc.nat({ max: 2 });
  const outcome = fc.constantFrom('passed', 'failed', 'could-not-run');

  it('recomputes what was recorded, whatever the facts', () => {
    fc.assert(
      fc.property(
        count,
        count,
        count,
        count,
        count,
        outcome,
        (missing, compacted, quarantined, conflicting, erasedReads, ran) => {
          const invariants = [
            { name: 'ok', over: 'key', outcome: ran, failingKeys: [], failing: 0, problem: null },
          ] as const;
          const counters = {
            ...noCounts,
            absentMissing: missing,
            absentCompacted: compacted,
            quarantined,
            conflictingDuplicates: conflicting,
            erasedReads,
          };
          const confidence = assessConfidence({
            counters,
            findings: new Map(),
            compactionDeclaredHarmless: false,
            waivedQuarantine: 0,
            invariants: invariantFacts(invariants),
          });
          const statement = JSON.parse(
            statementText(replayStatement(facts({ counters, invariants, confidence, findings: new Map() }))),
          );
          expect(checkVerdict(statement)).toEqual({ outcome: 'passed', recomputed: confidence });
        },
      ),
    );
  });

  it('finds a verdict that was made better than its facts', () => {
    const statement = JSON.parse(
      statementText(replayStatement(facts({ counters: { ...noCounts, absentMissing: 4 } }))),
    );
    expect(checkVerdict(statement)).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringContaining('untrusted'),
    });
  });

  const keys: Scope = { kind: 'keys', keys: ['A'] };
  const judged: readonly [string, Plan, InvariantOutcome, 'passed' | 'failed'][] = [
    ['a whole that passed over everything', planOf({ kind: 'all' }), 'passed', 'passed'],
    ['a whole that is not applicable to keys', planOf(keys), 'not-applicable', 'passed'],
    [
      'a whole that is not applicable to some partitions',
      planOf({ kind: 'all' }, 2),
      'not-applicable',
      'passed',
    ],
    ['a whole that passed over keys', planOf(keys), 'passed', 'failed'],
    ['a whole that passed over some partitions', planOf({ kind: 'all' }, 2), 'passed', 'failed'],
    [
      'a whole that is called not applicable to everything',
      planOf({ kind: 'all' }),
      'not-applicable',
      'failed',
    ],
  ];
  it.each(judged)('takes an invariant over %s', (_, plan, outcome, check) => {
    const statement = JSON.parse(
      statementText(replayStatement(facts({ plan, invariants: [whole(outcome)] }))),
    );
    expect(checkVerdict(statement)).toMatchObject({ outcome: check });
  });

  it('does not take an invariant over each key for one that is not applicable', () => {
    const invariants = [{ ...whole('not-applicable'), over: 'key' as const }];
    const statement = JSON.parse(statementText(replayStatement(facts({ plan: planOf(keys), invariants }))));
    expect(checkVerdict(statement)).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringContaining('total'),
    });
  });

  it('takes an invariant over each key for one that is not applicable where no key was replayed', () => {
    const invariants = [{ ...whole('not-applicable'), over: 'key' as const }];
    const all = facts({ plan: planOf(keys), invariants, shadowDigest: emptyShadowDigest });
    const { statement } = replayRecord(all, () => digest as never);
    expect(statement.predicate.does_not_prove).toContainEqual(expect.stringMatching(/any key: none/));
    expect(checkVerdict(JSON.parse(statementText(statement)))).toMatchObject({ outcome: 'passed' });
  });

  it('misses the verdict of a replay that finished', () => {
    const check = (status: 'finished' | 'cancelled') =>
      checkVerdict(JSON.parse(statementText(replayStatement(facts({ status, confidence: null })))));
    expect(check('finished')).toMatchObject({ outcome: 'failed' });
    expect(check('cancelled')).toEqual({ outcome: 'passed', recomputed: null });
  });

  it('fails on what is no record, and does not throw', () => {
    for (const rubbish of [null, 1, 'x', {}, { predicate: {} }, []])
      expect(checkVerdict(rubbish).outcome).toBe('failed');
  });
});
