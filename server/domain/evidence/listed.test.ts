import { describe, expect, it } from 'vitest';
import { eachKind, kindOf, runbookStepFactsOf } from '../test-kit/each-kind.ts';
import {
  approvalFactsOf,
  approvalsOf,
  breakGlassFactsOf,
  comparisonOf,
  promotionFactsOf,
  replayFactsOf,
  sha256Hex,
} from '../test-kit/records.ts';
import { approvalRecord } from './approval-record.ts';
import { breakGlassRecord } from './break-glass-record.ts';
import { isGenerated, type Listed, type ListedRow, listedAs, listedOtherwise } from './listed.ts';
import { promotionRecord } from './promotion-record.ts';
import { replayRecord } from './record.ts';
import { runbookStepRecord } from './runbook-step-record.ts';
import { predicateSchemas } from './statement.schema.ts';

const nothing = {
  confidence: null,
  agreement: null,
  coverageKind: null,
  eventsProcessed: null,
  duplicatesSkipped: null,
  projectionsChanged: null,
  reconciliationFailures: null,
  approvedBy: [],
  generated: false,
};

describe('what a record is listed as', () => {
  it.each<[string, object, Listed]>([
    [
      'a replay',
      replayRecord(replayFactsOf(), sha256Hex).statement,
      {
        kind: 'replay',
        contractId: 'stock',
        replayId: 'r1',
        status: 'finished',
        confidence: 'trusted',
        agreement: 'different',
        coverageKind: 'whole',
        eventsProcessed: 30,
        duplicatesSkipped: 2,
        projectionsChanged: 1,
        reconciliationFailures: 0,
        requestedBy: 'olga',
        recordedAt: '2026-11-26T08:00:30.000Z',
        approvedBy: ['ada'],
        generated: false,
      },
    ],
    [
      'a promotion',
      promotionRecord(promotionFactsOf(), sha256Hex).statement,
      {
        ...nothing,
        kind: 'promotion',
        contractId: 'stock',
        replayId: 'r1',
        status: 'finished',
        agreement: 'equal',
        projectionsChanged: 1,
        requestedBy: 'olga',
        recordedAt: '2026-11-26T08:00:30.000Z',
        approvedBy: ['ada'],
      },
    ],
    [
      'a decision about a replay',
      approvalRecord(approvalFactsOf({ verdict: 'rejected' })),
      {
        ...nothing,
        kind: 'approval',
        contractId: 'stock',
        replayId: 'r1',
        status: 'rejected',
        requestedBy: 'ada',
        recordedAt: '2026-11-26T08:00:05.000Z',
      },
    ],
    [
      'a step that nobody knows the end of, of no contract',
      runbookStepRecord(runbookStepFactsOf({ status: 'unknown', contractId: null })),
      {
        ...nothing,
        kind: 'runbook-step',
        contractId: '',
        replayId: null,
        status: 'failed',
        requestedBy: 'olga',
        recordedAt: '2026-11-26T08:00:30.000Z',
        approvedBy: ['ada'],
      },
    ],
    [
      'a review',
      eachKind['https://reprise.dev/evidence/review/v1']('x').statement,
      {
        ...nothing,
        kind: 'review',
        contractId: 'stock',
        replayId: null,
        status: 'signed',
        requestedBy: 'ada',
        recordedAt: '2026-11-26T09:00:00.000Z',
      },
    ],
    [
      'broken glass over a promotion, which does not name the replay',
      breakGlassRecord(breakGlassFactsOf()),
      {
        ...nothing,
        kind: 'break-glass',
        contractId: 'inventory',
        replayId: undefined,
        status: 'broken',
        requestedBy: 'omar',
        recordedAt: '2026-11-26T10:15:00.000Z',
      },
    ],
  ])('of %s is what it says', (_what, statement, listed) => {
    expect(listedAs(JSON.parse(JSON.stringify(statement)))).toEqual(listed);
  });

  it('is known of every kind that there is', () => {
    for (const [type, make] of Object.entries(eachKind))
      expect(listedAs(make('x').statement)?.kind).toBe(kindOf(type));
    expect(Object.keys(eachKind)).toEqual(Object.keys(predicateSchemas));
  });

  it('has changes of a replay that finished alone, and no approval that was void', () => {
    const statement = (change: Parameters<typeof replayFactsOf>[0]) =>
      listedAs(replayRecord(replayFactsOf(change), sha256Hex).statement);
    expect(
      statement({ status: 'failed', failure: { code: 'x', sentence: 'x' } })?.projectionsChanged,
    ).toBeNull();
    const [first] = approvalsOf;
    if (first === undefined) throw new Error('an approval');
    const approvals = [
      first,
      first,
      { ...first, by: 'gone', void: 'lost' },
      { ...first, by: 'no', verdict: 'rejected' as const },
    ];
    expect(statement({ approvals })?.approvedBy).toEqual(['ada']);
    expect(statement({ software: { generated: 'for measuring' } })?.generated).toBe(true);
  });

  it('leaves out what a long promotion does not show', () => {
    const many = Array.from({ length: 400 }, (_, at) => comparisonOf({ derivedState: `state-${at}` }));
    const facts = promotionFactsOf({ after: { comparisons: [...many, comparisonOf()], invariants: [] } });
    expect(listedAs(promotionRecord(facts, sha256Hex).statement)?.agreement).toBeUndefined();
    const none = promotionFactsOf({ after: null });
    expect(listedAs(promotionRecord(none, sha256Hex).statement)?.agreement).toBeNull();
  });

  it.each([null, 'x', {}, { predicateType: 'https://reprise.dev/evidence/replay/v1', predicate: {} }])(
    'is nothing of %j',
    (json) => {
      expect(listedAs(json)).toBeNull();
    },
  );
});

describe('a row', () => {
  const said = listedAs(replayRecord(replayFactsOf(), sha256Hex).statement);
  if (said === null) throw new Error('a replay is listed');

  it('that says the same is right, in whatever order people approved', () => {
    expect(listedOtherwise({ ...said, approvedBy: ['a', 'b'] }, { ...said, approvedBy: ['b', 'a'] })).toEqual(
      [],
    );
  });

  it('is found by each name by which it says something else', () => {
    for (const name of Object.keys(said) as (keyof Listed)[]) {
      const other: ListedRow = { ...said, [name]: name === 'approvedBy' ? ['eve'] : 'other' };
      expect(listedOtherwise(said, other)).toEqual([name]);
      const none: ListedRow = { ...said, [name]: name === 'approvedBy' ? [] : null };
      expect(listedOtherwise(said, none)).toEqual([name]);
    }
  });

  it('is let be in what the record does not say', () => {
    expect(listedOtherwise({ ...said, replayId: undefined }, { replayId: 'any' })).toEqual([]);
  });
});

describe('whether a program made it for measuring', () => {
  it.each([
    [{ predicate: { software: { generated: 'for measuring' } } }, true],
    [replayRecord(replayFactsOf(), sha256Hex).statement, false],
    [{ predicate: { software: 'generated' } }, false],
    [{}, false],
    [null, false],
  ])('is what its statement says: %#', (statement, expected) => {
    expect(isGenerated(statement)).toBe(expected);
  });
});
