import { describe, expect, it } from 'vitest';
import { listedAs } from './listed.ts';
import { runbookStepPredicateType } from './predicate-types.ts';
import { checkRunbookStep, type RunbookStepFacts, runbookStepRecord } from './runbook-step-record.ts';
import { parseStatement } from './statement.schema.ts';

const digest = 'a'.repeat(64);
const approval = {
  by: 'ada',
  at: '2026-11-26T10:01:00.000Z',
  verdict: 'approved' as const,
  void: null,
  reason: 'the group has stopped; ORDER-7 is in it',
};
const facts: RunbookStepFacts = {
  attemptId: 'a1',
  runId: 'r1',
  incidentId: null,
  contractId: 'inventory',
  runbook: { id: 'stuck', digest },
  step: 'move',
  action: 'set-group-offset',
  touches: 'outside',
  status: 'succeeded',
  failure: null,
  cancellation: null,
  planHash: digest,
  approvalsNeeded: 1,
  approvals: [approval],
  requestedBy: 'omar',
  tries: 1,
  outputLines: 2,
  requestedAt: '2026-11-26T10:00:00.000Z',
  startedAt: '2026-11-26T10:02:00.000Z',
  endedAt: '2026-11-26T10:02:05.000Z',
  resultDigest: digest,
  remarksDigest: digest,
  software: { reprise: '1' },
};
const checked = (own: Partial<RunbookStepFacts>) => {
  const read = parseStatement(JSON.parse(JSON.stringify(runbookStepRecord({ ...facts, ...own }))));
  if (!read.ok) return read.sentence;
  if (read.value.predicateType !== runbookStepPredicateType) return 'another record';
  const check = checkRunbookStep(read.value.predicate);
  return check.outcome === 'failed' ? check.sentence : 'passed';
};

describe('the record of a step', () => {
  it('is read by its schema, and quotes nobody', () => {
    expect(checked({})).toBe('passed');
    expect(JSON.stringify(runbookStepRecord(facts))).not.toMatch(/ORDER-7/);
  });

  it.each([
    ['succeeded', 'finished'],
    ['unknown', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const)('that %s is listed as %s, by whoever asked, with whose approvals counted', (status, listed) => {
    const lost = { ...approval, by: 'lin', void: 'the right was lost' };
    const made = runbookStepRecord({ ...facts, status, contractId: null, approvals: [approval, lost] });
    const read = parseStatement(JSON.parse(JSON.stringify(made)));
    expect(read.ok && listedAs(read.value)).toMatchObject({
      ...{ kind: 'runbook-step', status: listed, contractId: '', replayId: null, requestedBy: 'omar' },
      ...{ approvedBy: ['ada'], recordedAt: facts.endedAt },
    });
  });

  it.each<[string, Partial<RunbookStepFacts>, RegExp]>([
    ['was begun without its approval', { approvals: [] }, /0 of 1 approvals/],
    ['was approved by who asked for it', { approvals: [{ ...approval, by: 'omar' }] }, /0 of 1/],
    ['was approved by somebody who lost the right', { approvals: [{ ...approval, void: 'x' }] }, /0 of 1/],
    ['succeeded without having begun', { startedAt: null }, /never that anybody began/],
    ['succeeded and failed', { failure: { code: 'internal', sentence: 'x' } }, /names a failure/],
    ['failed for no reason', { status: 'failed' }, /names no reason/],
    ['ended before it began', { endedAt: '2026-11-26T09:00:00.000Z' }, /before it began/],
  ])('does not pass where it %s', (_what, own, sentence) => {
    expect(checked(own)).toMatch(sentence);
  });

  it('passes of what a lost worker had begun, and was called off while it waited for approval anew', () => {
    const lost = { ...approval, void: 'who gave it does not approve any more' };
    const failure = { code: 'cancelled', sentence: 'called off' };
    const own = { approvals: [lost], failure } as const;
    expect(checked({ ...own, status: 'cancelled' })).toBe('passed');
    expect(checked({ ...own, status: 'failed' })).toMatch(/0 of 1/);
  });

  it('passes of what was rejected before anybody began', () => {
    expect(
      checked({
        status: 'refused',
        startedAt: null,
        tries: 0,
        approvals: [{ ...approval, verdict: 'rejected' }],
        failure: { code: 'approval-rejected', sentence: 'no' },
      }),
    ).toBe('passed');
  });
});
