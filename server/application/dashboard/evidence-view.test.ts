import { expect, it } from 'vitest';
import { promotionRecord, runbookStepPredicateType, statementText } from '../../domain/evidence/index.ts';
import { noCounts } from '../../domain/replay/index.ts';
import { promotionFactsOf, sha256Hex } from '../../domain/test-kit/records.ts';
import type { EvidenceDetail } from '../views.ts';
import { checkAttachment, toEvidenceView } from './evidence-view.ts';

function detail(change: Partial<EvidenceDetail>, counters: Partial<typeof noCounts> = {}): EvidenceDetail {
  const statement = {
    predicate: {
      status: 'finished',
      confidence_status: 'trusted',
      confidence_reasons: [],
      counters: { ...noCounts, ...counters },
      findings: {},
      contract: { description: null },
      plan: null,
      invariants: [],
      does_not_prove: ['Anything else.'],
    },
  };
  return {
    id: 'e',
    kind: 'replay',
    contractId: 'c',
    replayId: null,
    digest: 'd',
    status: 'finished',
    confidence: 'trusted',
    agreement: 'equal',
    coverageKind: 'whole',
    eventsProcessed: 1,
    duplicatesSkipped: 0,
    projectionsChanged: 0,
    reconciliationFailures: 0,
    requestedBy: 'operator',
    approvedBy: [],
    generated: false,
    recordedAt: '2026-01-01T00:00:00.000Z',
    statementText: JSON.stringify(statement),
    statement,
    remarks: null,
    remarksReplaced: false,
    erasures: [],
    ...change,
  };
}

it('says that a verdict follows from the other fields of its record, and gives none of its bytes', () => {
  const view = toEvidenceView(detail({}));
  expect(view.check).toEqual({ outcome: 'passed', sentence: expect.stringMatching(/trusted follows from/) });
  expect(view.doesNotProve).toEqual(['Anything else.']);
  expect(view).not.toHaveProperty('statement');
  expect(view).not.toHaveProperty('statementText');
  expect(view).not.toHaveProperty('remarks');
});

it.each([
  ['is better than its record', detail({}, { quarantined: 1 }), /other fields say untrusted/],
  ['is not the one that the list shows', detail({ confidence: 'suspect' }), /list says suspect/],
  ['stands in what is no record', detail({ statement: 'rubbish' }), /lacks/],
])('says that a verdict does not follow where it %s', (_, record, sentence) => {
  expect(toEvidenceView(record).check).toEqual({
    outcome: 'failed',
    sentence: expect.stringMatching(sentence),
  });
});

it('says how many sentences there are more where the record shows only the first of what it does not prove', () => {
  const predicate = {
    does_not_prove: ['Anything else.'],
    attachments: [{ of: 'does_not_prove', count: 41, shown: 1, sha256: 'a' }],
  };
  expect(toEvidenceView(detail({ statement: { predicate } })).doesNotProve).toEqual([
    'Anything else.',
    expect.stringMatching(/40 more/),
  ]);
});

it.each([
  [
    'the digest that the record names',
    'ranges',
    'a',
    'passed',
    /ranges has the SHA-256 that the record names/,
  ],
  ['the digest of the remarks', 'remarks', 'r', 'passed', /remarks has the SHA-256/],
  ['another digest', 'ranges', 'b', 'failed', /not what was recorded/],
  ['a name that the record does not know', 'comparisons', 'a', 'failed', /names no digest of comparisons/],
])('takes an attachment under %s for %s of %s: %s', (_, name, sha256, outcome, sentence) => {
  const predicate = { remarks: { sha256: 'r' }, attachments: [{ of: 'ranges', sha256: 'a' }] };
  expect(checkAttachment({ statement: { predicate } }, { name, sha256 })).toEqual({
    outcome,
    sentence: expect.stringMatching(sentence),
  });
});

const glass = {
  incident: 'g',
  by: ['olga', 'omar'],
  at: '2026-11-26T08:00:00.000Z',
  reasons: ['now', 'now'],
};
const unwritten = { written: 0, changed: 0, target: null, after: null, approvals: [] };
const unknown = { code: 'promotion-unknown', sentence: 'the database was sold' };
it.each<[string, Parameters<typeof promotionFactsOf>[0], RegExp, boolean]>([
  ['was approved', {}, /as many others approved it as its plan asks for/, false],
  ['two let run', { approvals: [], breakGlass: glass }, /two people let it be written without/, false],
  ['wrote nothing', { ...unwritten, status: 'withdrawn' }, /nothing was written.*approved is not/, false],
  [
    'nobody could ask about',
    { ...unwritten, status: 'failed', failure: unknown },
    /nobody can tell whether it was written.*approved is not/,
    true,
  ],
])(
  'says of a promotion that %s what was checked, and whether its outcome is known',
  (_, change, sentence, outcomeUnknown) => {
    const statement = JSON.parse(
      statementText(promotionRecord(promotionFactsOf(change), sha256Hex).statement),
    );
    expect(toEvidenceView(detail({ kind: 'promotion', statement }))).toMatchObject({
      check: { outcome: 'passed', sentence: expect.stringMatching(sentence) },
      outcomeUnknown,
    });
  },
);

it.each([
  ['unknown', true],
  ['failed', false],
])('takes the outcome of a step that ended as %s for unknown: %s', (status, outcomeUnknown) => {
  const statement = { predicateType: runbookStepPredicateType, predicate: { status } };
  expect(toEvidenceView(detail({ kind: 'runbook-step', statement })).outcomeUnknown).toBe(outcomeUnknown);
});
