import {
  type Attachment,
  approvalPredicateType,
  approvalRecord,
  breakGlassPredicateType,
  breakGlassRecord,
  type predicateSchemas,
  promotionPredicateType,
  promotionRecord,
  type RunbookStepFacts,
  remarksName,
  replayPredicateType,
  replayRecord,
  resultName,
  reviewPredicateType,
  reviewRecord,
  rowsName,
  runbookStepPredicateType,
  runbookStepRecord,
} from '../evidence/index.ts';
import {
  approvalFactsOf,
  approvalsOf,
  breakGlassFactsOf,
  digestOf,
  promotionFactsOf,
  promotionPlan,
  replayFactsOf,
  sha256Hex,
} from './records.ts';

export type MadeRecord = { readonly statement: object; readonly attachments: readonly Attachment[] };

/** An attachment whose text is its name, as the facts for tests name each by its digest. */
const beside = (...names: readonly string[]): readonly Attachment[] =>
  names.map((name) => ({ name, text: name, sha256: digestOf(name) }));

/** A step that was done once somebody had approved it. */
export const runbookStepFactsOf = (change: Partial<RunbookStepFacts> = {}): RunbookStepFacts => ({
  attemptId: 'a1',
  runId: 'run1',
  incidentId: null,
  contractId: 'stock',
  runbook: { id: 'stuck', digest: digestOf('runbook') },
  step: 'move',
  action: 'set-group-offset',
  touches: 'outside',
  status: 'succeeded',
  failure: null,
  cancellation: null,
  planHash: digestOf('plan'),
  approvalsNeeded: 1,
  approvals: approvalsOf,
  requestedBy: 'olga',
  tries: 1,
  outputLines: 2,
  requestedAt: '2026-11-26T08:00:01.000Z',
  startedAt: '2026-11-26T08:00:10.000Z',
  endedAt: '2026-11-26T08:00:30.000Z',
  resultDigest: digestOf(resultName),
  remarksDigest: digestOf(remarksName),
  software: { reprise: '0.1.0' },
  ...change,
});

const reviewOf = (id: string) =>
  reviewRecord({
    review_id: `review-${id}`,
    revision: 1,
    incident: { id: 'i1', class: 'P2', kind: 'by-hand' },
    contract: { id: 'stock' },
    document: digestOf(`review ${id}`),
    markdown: digestOf(`review ${id} in words`),
    times: { detect_ms: 1_000, acknowledge_ms: 2_000, recover_ms: null },
    counts: { sections_written: 5, timeline: 3, evidence: 1, runs: 0, attempts: 0, actions: 1 },
    evidence: [{ id: 'e1', sha256: digestOf('e1') }],
    authors: ['olga'],
    completed_by: 'olga',
    signers: ['ada'],
    signed_at: '2026-11-26T09:00:00.000Z',
  });

/**
 * A record of each kind that there is, with what stands beside it; another one for each id, which is that of the replay
 * that it is of or about, where it is of one.
 */
export const eachKind: {
  readonly [Type in keyof typeof predicateSchemas]: (id: string) => MadeRecord;
} = {
  [replayPredicateType]: (id) => {
    const { statement, attachments } = replayRecord(replayFactsOf({ replayId: id }), sha256Hex);
    return { statement, attachments: [...beside(remarksName), ...attachments] };
  },
  [promotionPredicateType]: (id) => {
    const plan = { ...promotionPlan, replay: { ...promotionPlan.replay, id } };
    const { statement, attachments } = promotionRecord(
      promotionFactsOf({ promotionId: `promotion-${id}`, plan }),
      sha256Hex,
    );
    return { statement, attachments: [...beside(remarksName, rowsName), ...attachments] };
  },
  [approvalPredicateType]: (id) => ({
    statement: approvalRecord(
      approvalFactsOf({ decisionId: `decision-${id}`, subject: { kind: 'replay', id } }),
    ),
    attachments: beside(remarksName),
  }),
  [runbookStepPredicateType]: (id) => ({
    statement: runbookStepRecord(runbookStepFactsOf({ attemptId: `attempt-${id}` })),
    attachments: beside(remarksName, resultName),
  }),
  [reviewPredicateType]: (id) => ({ statement: reviewOf(id), attachments: [] }),
  [breakGlassPredicateType]: (id) => ({
    statement: breakGlassRecord(
      breakGlassFactsOf({
        actId: `act-${id}`,
        subject: { kind: 'replay', id, requestedBy: 'rosa' },
        remarksDigest: digestOf(remarksName),
      }),
    ),
    attachments: beside(remarksName),
  }),
};

/** `replay`, `runbook-step` and so on, from a predicate type. */
export const kindOf = (type: string): string => type.split('/').at(-2) ?? type;
