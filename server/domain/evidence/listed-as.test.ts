import { describe, expect, it } from 'vitest';
import {
  approvalFactsOf,
  breakGlassFactsOf,
  promotionFactsOf,
  replayFactsOf,
  sha256Hex,
} from '../test-kit/records.ts';
import {
  approvalRecord,
  breakGlassRecord,
  listedAs,
  parseStatement,
  promotionRecord,
  replayRecord,
  reviewRecord,
  statementText,
} from './index.ts';

describe('what a record is listed by', () => {
  const listed = (statement: object) => {
    const read = parseStatement(JSON.parse(statementText(statement)));
    if (!read.ok) throw new Error(read.sentence);
    return listedAs(read.value);
  };
  it('is what its statement says, of each kind', () => {
    expect(listed(promotionRecord(promotionFactsOf(), sha256Hex).statement)).toMatchObject({
      ...{ kind: 'promotion', contractId: 'stock', replayId: 'r1', status: 'finished', agreement: 'equal' },
      ...{ confidence: null, projectionsChanged: 1, approvedBy: ['ada'], requestedBy: 'olga' },
    });
    expect(
      listed(
        promotionRecord(
          promotionFactsOf({ status: 'withdrawn', target: null, after: null, written: 0, changed: 0 }),
          sha256Hex,
        ).statement,
      ),
    ).toMatchObject({ status: 'cancelled', agreement: null, projectionsChanged: null });
    expect(listed(approvalRecord(approvalFactsOf()))).toMatchObject({
      ...{ kind: 'approval', status: 'approved', requestedBy: 'ada', replayId: 'r1', approvedBy: [] },
    });
    expect(listed(breakGlassRecord(breakGlassFactsOf({ planHash: 'a'.repeat(64) })))).toMatchObject({
      ...{ kind: 'break-glass', status: 'broken', requestedBy: 'omar', replayId: undefined },
      recordedAt: '2026-11-26T10:15:00.000Z',
    });
    expect(listed(reviewRecord(reviewFacts))).toMatchObject({
      ...{ kind: 'review', status: 'signed', contractId: '', requestedBy: 'grace', replayId: null },
      recordedAt: '2026-11-26T12:00:00.000Z',
    });
    expect(
      listed(
        replayRecord(
          replayFactsOf({ status: 'failed', failure: { code: 'internal', sentence: '' } }),
          sha256Hex,
        ).statement,
      ),
    ).toMatchObject({ status: 'failed', projectionsChanged: null });
  });
});

const reviewFacts: Parameters<typeof reviewRecord>[0] = {
  review_id: 'v1',
  revision: 1,
  incident: { id: 'i1', class: 'P3', kind: 'by-hand' },
  contract: null,
  document: 'a'.repeat(64),
  markdown: 'b'.repeat(64),
  times: { detect_ms: null, acknowledge_ms: 1, recover_ms: 2 },
  counts: { sections_written: 1, timeline: 1, evidence: 0, runs: 0, attempts: 0, actions: 0 },
  evidence: [],
  authors: ['omar'],
  completed_by: 'ada',
  signers: ['grace'],
  signed_at: '2026-11-26T12:00:00.000Z',
};
