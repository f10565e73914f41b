import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeContract } from '../contract/index.ts';
import type { Comparison, InvariantResult } from '../reconciliation/index.ts';
import { assessConfidence, findingKinds, noCounts, type Plan } from '../replay/index.ts';
import { stockContract } from '../test-kit/stock-contract.ts';
import {
  type ReplayFacts,
  type ReplayRecord,
  replayRecord,
  statementMaxBytes,
  statementText,
} from './record.ts';
import { checkVerdict, invariantFacts } from './verdict-check.ts';

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex') as never;
const digest = 'a'.repeat(64);
const position = '1234567890123456789';
const list = <T>(count: number, of: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => of(at));

type Sizes = {
  readonly partitions: number;
  readonly states: number;
  readonly invariants: number;
  readonly approvals: number;
  readonly text: number;
  /** Of each kind. */
  readonly findings: number;
};

function factsOf({ partitions, states, invariants, approvals, text, findings: found }: Sizes): ReplayFacts {
  // Characters that take six bytes in JSON, and four in UTF-8, as well as one.
  const long = list(text, (at) => ['x', '\u0001', '𝄞'][at % 3]).join('');
  const ranges = list(partitions, (partition) => ({
    partition,
    from: '0',
    to: position,
    logStart: '0',
    lastStable: position,
    archiveUntil: null,
  }));
  const name = (at: number) => `state-${at}`.padEnd(63, 'x');
  const plan: Plan = {
    format: 'reprise.plan/v1',
    contract: { id: 'stock', version: 1, bundleDigest: digest },
    scope: { kind: 'offsets', ranges: ranges.map(({ partition, from, to }) => ({ partition, from, to })) },
    history: {
      kind: 'kafka',
      name: 't'.repeat(249),
      identity: 'i',
      visibleBefore: null,
      partitionCount: partitions,
      cleanupPolicy: null,
    },
    ranges,
    base: null,
    compare: list(states, name),
    eventEstimate: position,
    approvalsNeeded: 0,
    plannedAt: '2026-01-01T00:00:00.000Z',
  };
  const results = list(
    invariants,
    (at): InvariantResult => ({
      name: `invariant_${at}`.padEnd(120, 'x'),
      over: at % 3 === 0 ? 'sql' : at % 3 === 1 ? 'key' : 'whole',
      outcome: at % 2 === 0 ? 'failed' : 'could-not-run',
      failingKeys: list(100, (key) => `SECRET-${key}`),
      failing: 100,
      problem: at % 2 === 0 ? null : `${long} at key SECRET-1`,
    }),
  );
  const findings = new Map(findingKinds.map((kind) => [kind, found]));
  return {
    replayId: 'r1',
    status: 'failed',
    cancellation: null,
    breakGlass: null,
    remarksDigest: digest,
    failure: { code: 'internal', sentence: long },
    contract: {
      id: 'stock',
      version: 1,
      bundleDigest: digest,
      description: {
        ...describeContract(stockContract, sha256),
        authors: list(states, name),
        answers: {
          ...describeContract(stockContract, sha256).answers,
          invariants: [{ label: 'q', value: long }],
        },
      },
    },
    plan,
    planHash: digest,
    counters: { ...noCounts, applied: 1825, duplicates: 17 },
    waivedQuarantine: 0,
    findings,
    confidence: assessConfidence({
      counters: noCounts,
      findings,
      compactionDeclaredHarmless: false,
      waivedQuarantine: 0,
      invariants: invariantFacts(results),
    }),
    agreement: 'different',
    coverage: null,
    comparisons: list(
      states,
      (at): Comparison => ({
        derivedState: name(at),
        mode: 'settled',
        appliedPositions: list(partitions, (partition) => ({ partition, next: position })),
        keys: 9,
        equal: 6,
        missing: 1,
        extra: 1,
        different: 1,
        eventsBehind: position,
        layerEvents: position,
        diffDigest: digest,
        outcome: 'could-not-compare',
        problem: long,
        comparedAt: '2026-01-01T00:00:00.000Z',
      }),
    ),
    invariants: results,
    explained: { explained: 0, unexplained: 0, notSearched: 0 },
    shadowDigest: digest,
    historyDigest: digest,
    diffDigest: digest,
    partitions: ranges.map(({ partition, from, to }) => ({ partition, from, to, cursor: position })),
    seams: ranges.map(({ partition, from, to }) => ({ partition, from, to, events: 9 })),
    requestedBy: 'ada',
    reason: long,
    approvals: list(approvals, () => ({
      by: 'ada',
      at: '2026-01-01T00:00:00.000Z',
      verdict: 'approved' as const,
      void: null,
      reason: long,
    })),
    requestedAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    endedAt: '2026-01-01T00:00:01.000Z',
    software: { reprise: '0.1.0' },
  };
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length;
const small: Sizes = { partitions: 1, states: 1, invariants: 1, approvals: 0, text: 10, findings: 1 };
const recordOf = (sizes: Partial<Sizes>) => replayRecord(factsOf({ ...small, ...sizes }), sha256);

describe('the length of a record', () => {
  it('leaves room for its envelope in a leaf of 48 KiB', () => {
    const payload = Math.ceil(statementMaxBytes / 3) * 4;
    expect(payload).toBeLessThan(48 * 1024 - 1000);
  });

  it('keeps everything in the record where that is short', () => {
    const { statement, attachments } = recordOf({ partitions: 12, states: 3, invariants: 5 });
    expect(attachments).toEqual([]);
    expect(statement.predicate.attachments).toEqual([]);
    expect(statement.predicate.ranges).toHaveLength(12);
    expect(statement.predicate.contract.description).not.toBeNull();
  });

  it('moves the partitions of a plan of 2,000 into attachments, and says how many there are', () => {
    const { statement, attachments } = recordOf({ partitions: 2000, states: 3, invariants: 40 });
    const { predicate } = statement;
    expect(bytesOf(statementText(statement))).toBeLessThanOrEqual(statementMaxBytes);
    const cut = new Map(predicate.attachments.map((each) => [each.of, each]));
    expect(cut.get('ranges')).toMatchObject({ count: 2000, shown: predicate.ranges.length });
    expect(predicate.ranges.length).toBeGreaterThan(0);
    const whole = attachments.find((each) => each.name === 'ranges');
    expect(sha256(whole?.text ?? '')).toBe(cut.get('ranges')?.sha256);
    expect(bytesOf(whole?.text ?? '')).toBe(cut.get('ranges')?.bytes);
    const ranges = JSON.parse(whole?.text ?? '[]');
    expect(ranges).toHaveLength(2000);
    expect(predicate.ranges).toEqual(ranges.slice(0, predicate.ranges.length));
  });

  it('keeps short parts whole beside long ones: a comparison is not lost for its positions', () => {
    const { statement, attachments } = recordOf({ partitions: 2000, states: 3, invariants: 40 });
    const { predicate } = statement;
    expect(predicate.invariants).toHaveLength(40);
    expect(predicate.comparisons).toHaveLength(3);
    expect(predicate.contract.description).not.toBeNull();
    const positions = predicate.attachments.find((each) => each.of === 'comparisons.appliedPositions');
    const shown = predicate.comparisons.reduce((sum, each) => sum + each.appliedPositions.length, 0);
    expect(positions).toMatchObject({ count: 6000, shown });
    const whole = attachments.find((each) => each.name === 'comparisons.appliedPositions');
    for (const each of JSON.parse(whole?.text ?? '[]')) expect(each.appliedPositions).toHaveLength(2000);
  });

  it('does not grow with the number of findings, which stand in it by kind', () => {
    const few = bytesOf(statementText(recordOf({ findings: 10 }).statement));
    const many = recordOf({ findings: 9_000 });
    // Four characters for each of the kinds is all that the larger figures take.
    expect(bytesOf(statementText(many.statement)) - few).toBeLessThanOrEqual(4 * findingKinds.length);
    expect(many.attachments).toEqual([]);
  });

  it('is bounded whatever the facts, and each attachment is named by its digest', () => {
    const size = (max: number) => fc.oneof(fc.nat({ max: 3 }), fc.nat({ max }));
    fc.assert(
      fc.property(
        size(1000),
        size(30),
        size(300),
        size(400),
        size(3000),
        (partitions, states, invariants, approvals, text) => {
          const sizes = { partitions, states, invariants, approvals, text };
          const { statement, attachments } = recordOf(sizes);
          const written = statementText(statement);
          expect(bytesOf(written)).toBeLessThanOrEqual(statementMaxBytes);
          expect(statementText(recordOf(sizes).statement)).toBe(written);
          const named = statement.predicate.attachments.map((each) => [each.of, each.sha256]);
          expect(named).toEqual(attachments.map((each) => [each.name, sha256(each.text)]));
          for (const { count, shown } of statement.predicate.attachments) expect(shown).toBeLessThan(count);
          expect(written).not.toContain('SECRET');
          expect(attachments.map((each) => each.text).join()).not.toContain('SECRET');
          expect(checkVerdict(JSON.parse(written))).toMatchObject({ outcome: 'passed' });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('that can not be kept is an error, which names the part', () => {
    const facts = { ...factsOf({ ...small, partitions: 2000 }), requestedBy: 'a'.repeat(statementMaxBytes) };
    expect(() => replayRecord(facts, sha256)).toThrow(
      /record of replay r1 .* can't be cut to the 36000 .*: predicate.requested_by alone has 36002\./,
    );
    const { statement } = recordOf({});
    const long = { ...statement, subject: list(2000, () => statement.subject).flat() };
    expect(() => statementText(long)).toThrow(/can't be cut to the 36000 .*: subject alone has \d+/);
  });
});

describe('a verdict of a record that is not shown in full', () => {
  const better = {
    key: { passed: 2, failed: 0, could_not_run: 0, not_applicable: 0 },
    whole: { passed: 1, failed: 0, could_not_run: 0, not_applicable: 0 },
    sql: { passed: 2, failed: 0, could_not_run: 0, not_applicable: 0 },
  };
  const changed = ({ statement }: ReplayRecord, change: object) =>
    checkVerdict({ ...statement, predicate: { ...statement.predicate, ...change } });

  it('follows from the counts of its invariants, and counts that the list contradicts fail', () => {
    const cut = recordOf({ invariants: 300 });
    expect(cut.statement.predicate.invariants.length).toBeLessThan(300);
    expect(checkVerdict(cut.statement)).toMatchObject({ outcome: 'passed' });
    for (const record of [cut, recordOf({ invariants: 5 })])
      expect(changed(record, { invariant_outcomes: better })).toMatchObject({
        outcome: 'failed',
        sentence: expect.stringMatching(/counts of its invariants/),
      });
    expect(changed(cut, { invariant_outcomes: undefined })).toMatchObject({ outcome: 'failed' });
  });

  it('takes a plan of which only the first ranges are shown for one that reads them all', () => {
    const cut = recordOf({ partitions: 2000, invariants: 3 });
    const { plan, attachments } = cut.statement.predicate;
    expect(plan?.ranges.length).toBeLessThan(2000);
    expect(checkVerdict(cut.statement)).toMatchObject({ outcome: 'passed' });
    const part = attachments.map((each) => (each.of === 'plan.ranges' ? { ...each, count: 1999 } : each));
    expect(changed(cut, { attachments: part })).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringMatching(/about all keys together/),
    });
  });

  it('is checked where the description is left out, and against it where it is there', () => {
    const cut = recordOf({ text: 60_000 });
    expect(cut.statement.predicate.contract.description).toBeNull();
    expect(checkVerdict(cut.statement)).toMatchObject({ outcome: 'passed' });
    const whole = recordOf({});
    const contract = { ...whole.statement.predicate.contract, compaction: 'last-value' };
    expect(changed(whole, { contract })).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringMatching(/two answers/),
    });
  });

  it('is checked for a record from before there was a bound, which shows everything', () => {
    const { contract } = recordOf({}).statement.predicate;
    const before = { attachments: undefined, invariant_outcomes: undefined };
    const { compaction: _, ...old } = contract;
    expect(changed(recordOf({}), { ...before, contract: old })).toMatchObject({ outcome: 'passed' });
  });
});
