import { describe, expect, it } from 'vitest';
import { comparedAnswer, compareRecords, type RecordRead, whyNotCompared } from './compare-records.ts';

const nameOf = (id: string) => ({ ada: 'Ada' })[id] ?? id;

function record(change: Partial<RecordRead> = {}, predicate: object = {}): RecordRead {
  return {
    id: 'e1',
    kind: 'replay',
    contractId: 'stock',
    replayId: 'r1',
    digest: 'd1',
    status: 'finished',
    confidence: 'trusted',
    agreement: 'equal',
    coverageKind: 'whole',
    eventsProcessed: 10,
    duplicatesSkipped: 0,
    projectionsChanged: 0,
    reconciliationFailures: 0,
    requestedBy: 'ada',
    approvedBy: [],
    recordedAt: '2026-03-01T00:00:00.000Z',
    generated: false,
    statement: {
      predicate: {
        status: 'finished',
        contract: {
          version: 1,
          bundleDigest: 'b1',
          description: { answers: { projection: [{ label: 'Fold', value: 'source 1' }] } },
        },
        plan: { scope: { kind: 'all' }, history: { kind: 'kafka', name: 't' }, compare: ['shop'] },
        ranges: [{ partition: 0, from: '0', to: '10' }],
        events_processed: 10,
        counters: { applied: 10, duplicates: 0 },
        comparisons: [{ derivedState: 'shop', outcome: 'equal', equal: 5, keys: 5 }],
        invariants: [{ name: 'ok', outcome: 'passed' }],
        approvals: [{ by: 'ada', verdict: 'approved', void: null }],
        requested_by: 'olga',
        ...predicate,
      },
    },
    ...change,
  };
}

const changed = (left: RecordRead, right: RecordRead) =>
  compareRecords(left, right, nameOf).flatMap(({ title, rows }) =>
    rows.filter((row) => row.changed).map((row) => `${title}: ${row.label} ${row.before} → ${row.after}`),
  );

const answerOf = (left: RecordRead, right: RecordRead) =>
  comparedAnswer(left, right, compareRecords(left, right, nameOf)).verdict;

const sha = (letter: string) => letter.repeat(64);
const step = (predicate: object = {}) =>
  record(
    { kind: 'runbook-step', confidence: null, agreement: null, coverageKind: null },
    {
      ...{ contract: undefined, plan: undefined, ranges: undefined, counters: undefined },
      ...{ comparisons: undefined, invariants: undefined, events_processed: undefined },
      ...{ attempt_id: 'a1', run_id: 'x1', runbook: { id: 'stuck', digest: sha('a') }, step: 'look' },
      ...{ action: 'lag.read', plan_hash: sha('b'), tries: 1, times: { ended_at: '2026-03-01' } },
      ...predicate,
    },
  );

describe('two records', () => {
  it('are told apart by figures in full, and by no rounded ones', () => {
    const of = (price: number) => record({}, { price, counters: { applied: 10, price } });
    expect(changed(of(10.1211), of(10.1234))).toEqual([
      'Counts: Price 10.1211 → 10.1234',
      'Other fields: Price 10.1211 → 10.1234',
    ]);
  });

  it('that say the same differ in nothing but their bytes', () => {
    const [one, two] = [record(), record({ id: 'e2', digest: 'd2' })];
    expect(changed(one, two)).toEqual(['Digests: The record’s own bytes d1 → d2']);
    expect(comparedAnswer(one, two, compareRecords(one, two, nameOf)).verdict).toBe(
      'Both are trusted; nothing else differs, and their scope and code are the same.',
    );
  });

  it('show what has changed in scope, code, counts, checks and approvals', () => {
    const two = record(
      { id: 'e2', confidence: 'suspect' },
      {
        contract: {
          version: 2,
          bundleDigest: 'b2',
          description: { answers: { projection: [{ label: 'Fold', value: 'source 2' }] } },
        },
        ranges: [{ partition: 0, from: '0', to: '20' }],
        events_processed: 20,
        invariants: [{ name: 'ok', outcome: 'could-not-run' }],
        approvals: [{ by: 'ada', verdict: 'approved', void: 'the right was lost' }],
        break_glass: { by: ['ada', 'olga'] },
      },
    );
    expect(changed(record(), two)).toEqual([
      'Verdicts: Confidence trusted → suspect',
      'Scope: Partition 0 0–10 → 0–20',
      'Code: Contract version 1 → 2',
      'Code: Bundle b1 → b2',
      'Code: Projection: Fold source 1 → source 2',
      'Counts: Events processed 10 → 20',
      'Checks: Invariant ok passed → could not run',
      'Approvals: Decisions approved by Ada → approved by Ada, void since',
      'Approvals: Without its approvals no → Ada and olga',
    ]);
    expect(comparedAnswer(record(), two, compareRecords(record(), two, nameOf))).toEqual({
      tone: 'different',
      verdict:
        'The one on the left is trusted, the one on the right suspect; they differ in scope, code, counts, checks and approvals.',
    });
  });

  it('of steps are compared by what steps say, and nothing is called the same that they do not have', () => {
    expect(answerOf(step(), step({ attempt_id: 'a2', times: { ended_at: '2026-03-02' } }))).toBe(
      'Both are finished; nothing else differs, and their code is the same.',
    );
    expect(answerOf(step(), step({ runbook: { id: 'other', digest: sha('c') }, step: 'pause' }))).toBe(
      'Both are finished; they differ in code and other fields.',
    );
  });

  it('of decisions about two plans are never alike', () => {
    const decision = (plan_hash: string) =>
      record({ kind: 'approval', status: 'approved', confidence: null }, { plan_hash });
    expect(answerOf(decision(sha('1')), decision(sha('2')))).toContain('differ in the digest of the plan');
  });

  it('that came to other states over the same counts differ in that', () => {
    const digests = (state: string) => ({ digests: { shadow_state: state, history: sha('h'), diff: null } });
    expect(answerOf(record({}, digests(sha('1'))), record({ id: 'e2' }, digests(sha('2'))))).toBe(
      'Both are trusted; they differ in the digest of the shadow state, and their scope and code are the same.',
    );
  });

  it('that show the beginning of a part are compared by its whole', () => {
    const cut = (sha256: string) => ({
      attachments: [{ of: 'ranges', count: 900, shown: 1, sha256, bytes: 9 }],
    });
    expect(answerOf(record({}, cut(sha('1'))), record({ id: 'e2' }, cut(sha('2'))))).toContain(
      'differ in scope',
    );
    expect(answerOf(record({}, cut(sha('1'))), record({ id: 'e2' }, cut(sha('1'))))).toContain(
      'nothing else differs',
    );
  });

  it('over so many keys are not said to be over the same ones', () => {
    const keyed = { plan: { scope: { kind: 'keys', key_count: 3 } } };
    expect(answerOf(record({}, keyed), record({ id: 'e2' }, keyed))).toBe(
      'Both are trusted; nothing else differs, and their code is the same. Whether they are of the same keys, the records do not say.',
    );
  });

  it.each([
    [
      ['5', '9'],
      ['7', '9'],
    ],
    [['5', '9'], ['9']],
  ])('are told where they leave out other records of one partition: %s and %s', (mine, theirs) => {
    const of = (offsets: readonly string[]) => ({
      plan: { scope: { kind: 'all' }, waivers: offsets.map((offset) => ({ partition: 0, offset })) },
    });
    expect(answerOf(record({}, of(mine)), record({ id: 'e2' }, of(theirs)))).not.toContain(
      'nothing else differs',
    );
  });

  it('never differ in nothing where any field but their own ids and times is another', () => {
    const whole = {
      contract: { id: 'stock', version: 1, bundleDigest: sha('b'), compaction: { harmless: true } },
      plan: {
        ...{ format: 'v1', scope: { kind: 'all' }, history: { kind: 'kafka', name: 't', partitionCount: 3 } },
        ...{ ranges: [{ partition: 0, from: '0', to: '9', logStart: '0' }], eventEstimate: '30' },
        ...{ base: { replay: 'r0' }, approvalsNeeded: 1, waivers: [{ partition: 0, offset: '4' }] },
      },
      ranges: [{ partition: 0, from: '0', to: '9', cursor: '9' }],
      seams: [{ partition: 0, from: '0', to: '4', events: 4 }],
      coverage: { kind: 'whole', sentence: 'all', offsets: { covered: '9', of: '9' } },
      ...{ conflicting_duplicates: 0, waived_quarantined: 0, explained: { explained: 1, unexplained: 0 } },
      projections_changed: { total: 1, by_derived_state: { shop: 1 } },
      comparisons: [
        {
          ...{ derivedState: 'shop', mode: 'settled', keys: 5, equal: 4, missing: 1, outcome: 'different' },
          ...{ diffDigest: sha('d'), appliedPositions: [{ partition: 0, next: '9' }] },
        },
      ],
      comparison_outcomes: { different: 1 },
      invariants: [{ name: 'ok', over: 'key', outcome: 'passed', failing: 0 }],
      break_glass: { incident: 'i1', by: ['ada', 'olga'] },
      a_field_of_tomorrow: { deep: ['x'] },
    };
    const seen: string[] = [];
    for (const [path, changed] of mutations(whole)) {
      seen.push(path);
      expect(answerOf(record({}, whole), record({ id: 'e2' }, changed)), path).not.toContain(
        'nothing else differs',
      );
    }
    expect(seen.length).toBeGreaterThan(40);
  });

  it.each([
    [null],
    ['text'],
    [{ predicate: 7 }],
    [{ predicate: { plan: [], approvals: 'x', invariants: [null] } }],
  ])('are read whatever stands in their bytes: %j', (statement) => {
    const parts = compareRecords(record({ statement }), record({ statement, digest: 'd2' }), nameOf);
    expect(parts.map(({ title }) => title)).toEqual(expect.arrayContaining(['Verdicts', 'Digests']));
    // What neither of the two says is nothing that is the same in both.
    expect(answerOf(record({ statement }), record({ statement, digest: 'd2' }))).not.toMatch(/the same/);
  });

  it.each([
    [{}, 'one and the same'],
    [{ id: 'e2', contractId: 'other' }, 'different contracts: stock and other'],
    [{ id: 'e2', kind: 'promotion' }, 'One is of a replay and the other of a promotion'],
  ])('that have nothing to be compared by say why: %j', (change, sentence) => {
    expect(whyNotCompared(record(), record(change))).toContain(sentence);
  });

  it('of one contract and kind are compared', () => {
    expect(whyNotCompared(record(), record({ id: 'e2' }))).toBeNull();
  });
});

/** The same with one scalar changed, for each that there is. */
function mutations<T>(value: T, path = ''): readonly (readonly [string, T])[] {
  if (Array.isArray(value))
    return value.flatMap((each, at) =>
      mutations(each, `${path}[${at}]`).map(
        ([where, changed]) => [where, value.with(at, changed) as T] as const,
      ),
    );
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, each]) =>
      mutations(each, `${path}.${name}`).map(
        ([where, changed]) => [where, { ...value, [name]: changed }] as const,
      ),
    );
  return [
    [path, (typeof value === 'number' ? value + 7 : typeof value === 'boolean' ? !value : `${value}!`) as T],
  ];
}
