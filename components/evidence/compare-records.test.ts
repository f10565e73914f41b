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

describe('two records', () => {
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

  it.each([
    [null],
    ['text'],
    [{ predicate: 7 }],
    [{ predicate: { plan: [], approvals: 'x', invariants: [null] } }],
  ])('are read whatever stands in their bytes: %j', (statement) => {
    expect(compareRecords(record({ statement }), record({ statement }), nameOf)).toHaveLength(7);
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
