import { describe, expect, it } from 'vitest';
import type { PromotionSummary } from '@/server/application/promotion/views.ts';
import { promotionAnswer } from './promotion-sentence.ts';

const waiting: PromotionSummary = {
  id: 'p',
  contractId: 'inventory',
  contractVersion: 1,
  replayId: 'r',
  derivedState: 'selling',
  keys: 2,
  fields: 2,
  status: 'awaiting-approval',
  requestedBy: 'olga',
  requestedAt: '2026-11-26T00:00:00.000Z',
  reason: 'it is wrong',
  startedAt: null,
  endedAt: null,
  failure: null,
  undoes: null,
  undoneBy: null,
  written: null,
  alreadyRight: null,
  changed: null,
  evidenceId: null,
  problem: null,
};

describe('what a promotion says of itself', () => {
  it('says while it waits that nothing has been written', () => {
    expect(promotionAnswer(waiting).verdict).toContain('nothing has been written');
  });

  it('says while its target lets nobody begin that nothing has been written, and that it can be withdrawn', () => {
    const problem = { sentence: 'Its projector runs.', retryAt: null };
    const said = promotionAnswer({ ...waiting, status: 'queued', problem });
    expect(said.verdict).toContain('nothing has been written');
    expect(said.next).toContain('withdrawn');
    expect(promotionAnswer({ ...waiting, status: 'queued' }).verdict).toContain('waits for a worker');
  });

  it('says neither that it was written nor that it was not, where nobody could ask', () => {
    const failure = { code: 'promotion-unknown', sentence: 'the database was sold' };
    const ended = promotionAnswer({ ...waiting, status: 'failed', failure });
    expect(ended.verdict).toContain('is not known');
    expect(ended.verdict).not.toContain('Nothing was written');
    expect(ended.next).toContain('the database was sold. Replay');
    const failed = promotionAnswer({
      ...waiting,
      status: 'failed',
      failure: { ...failure, code: 'internal' },
    });
    expect(failed.verdict).toContain('Nothing was written');
  });

  it('is no success without a word about what was left alone', () => {
    const done = promotionAnswer({ ...waiting, status: 'promoted', written: 1, alreadyRight: 0, changed: 1 });
    expect(done.tone).toBe('different');
    expect(done.verdict).toBe(
      '1 of 2 keys of selling was written; 1 was left alone, because the difference there is another one by now.',
    );
  });

  it('says so where it has been undone', () => {
    const done = {
      ...waiting,
      status: 'promoted' as const,
      written: 2,
      alreadyRight: 0,
      changed: 0,
      undoneBy: 'q',
    };
    expect(promotionAnswer(done).verdict).toContain('undone since');
  });

  it('gives the reason why nothing was written', () => {
    const refused = {
      ...waiting,
      status: 'refused' as const,
      failure: { code: 'x', sentence: 'Replay again.' },
    };
    expect(promotionAnswer(refused)).toMatchObject({ tone: 'failed', next: 'Replay again.' });
  });
});
