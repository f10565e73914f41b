import { describe, expect, it } from 'vitest';
import type { PartitionProgress, ReplayDetail } from '@/server/application/views.ts';
import { replayAnswer } from './replay-sentence.ts';

type Outcome = ReplayDetail['comparisons'][number]['outcome'];

function answerOf(
  agreement: ReplayDetail['agreement'],
  outcomes: Readonly<Record<string, Outcome>>,
  change: Partial<ReplayDetail> = {},
) {
  return replayAnswer({
    status: 'finished',
    confidence: 'trusted',
    confidenceReasons: [],
    agreement,
    discrepancies: 0,
    explained: null,
    comparisons: Object.entries(outcomes).map(([derivedState, outcome]) => ({
      derivedState,
      outcome,
      problem: outcome === 'could-not-compare' ? 'Grant the role SELECT on it.' : null,
    })),
    ...change,
  } as unknown as ReplayDetail);
}

describe('the answer of a replay that has finished', () => {
  it('says that an invariant over a live store fails where every comparison is equal', () => {
    expect(answerOf('different', { shop: 'equal', warehouse: 'equal' })).toEqual({
      tone: 'different',
      verdict:
        'An invariant over a live store does not hold, though every compared key agrees with history; the replay is trusted.',
      next: 'The invariants below name the failing cases.',
      tab: 'an invariant fails',
    });
  });

  it('says so of what was compared where the rest could not be', () => {
    expect(answerOf('different', { shop: 'equal', warehouse: 'could-not-compare' }).verdict).toBe(
      'An invariant over a live store does not hold, though every compared key agrees with history; warehouse could not be compared; the replay is trusted.',
    );
    expect(answerOf('different', { shop: 'could-not-compare' }).verdict).toBe(
      'An invariant over a live store does not hold, and no derived state was compared; the replay is trusted.',
    );
    expect(answerOf('different', { shop: 'behind' }).verdict).toContain('as far as it was applied');
  });

  it('says that an invariant over a live store could not be run, and not that nothing was compared', () => {
    expect(answerOf('not-compared', { shop: 'equal' })).toEqual({
      tone: 'unknown',
      verdict:
        'An invariant over a live store could not be run, though every compared key agrees with history; the replay is trusted.',
      next: 'The invariants below say why.',
      tab: 'an invariant not run',
    });
  });

  it('says that nothing was compared only where nothing was', () => {
    expect(answerOf('not-compared', {}).verdict).toBe(
      'No derived state was compared; the replay is trusted.',
    );
    expect(answerOf('not-compared', { shop: 'could-not-compare' }).verdict).toBe(
      'Shop could not be compared; the replay is trusted.',
    );
  });

  it('proves nothing of the rest where it covers part of the history, and says so', () => {
    const sentence = 'Only 3 keys: it proves nothing about any other key.';
    const coverage = { kind: 'part', sentence } as unknown as ReplayDetail['coverage'];
    expect(answerOf('equal', { shop: 'equal' }, { coverage })).toEqual({
      tone: 'unknown',
      verdict:
        'Every derived state agrees with history; the replay is trusted and covers only part of the history.',
      next: sentence,
      tab: 'equal in part',
    });
    expect(
      answerOf(
        'equal',
        { shop: 'equal' },
        { coverage, confidence: 'suspect', confidenceReasons: ['quarantined'] },
      ),
    ).toMatchObject({
      tone: 'different',
      next: `Suspect because: events are quarantined and nobody has waived them. ${sentence}`,
    });
    expect(answerOf('different', { shop: 'different' }, { coverage, discrepancies: 2 }).verdict).toBe(
      'Shop disagrees with history on 2 keys; the replay is trusted and covers only part of the history.',
    );
    expect(answerOf('equal', { shop: 'equal' })).toMatchObject({ tone: 'verified', tab: 'equal' });
  });

  it('names the states that differ before any invariant', () => {
    expect(answerOf('different', { shop: 'different' }, { discrepancies: 2 }).verdict).toBe(
      'Shop disagrees with history on 2 keys; the replay is trusted.',
    );
  });
});

const partition = (change: Partial<PartitionProgress>) =>
  ({ partition: 0, status: 'folding', leaseExpired: false, ...change }) as PartitionProgress;

function folding(change: Partial<ReplayDetail> = {}): ReplayDetail {
  const facts = {
    status: 'folding',
    eventsProcessed: 921,
    eventEstimate: 1_842,
    secondsLeft: 180,
    partitions: [partition({})],
    workersAlive: 1,
    ...change,
  };
  // Only what the sentence reads: the whole of it is tested where it is made.
  return facts as unknown as ReplayDetail;
}

const vanished = { partitions: [partition({ leaseExpired: true })], secondsLeft: null, workersAlive: 0 };

describe('the answer of a replay that runs', () => {
  it('says how far it is, and what is left at this rate', () => {
    expect(replayAnswer(folding())).toMatchObject({
      tone: 'accent',
      verdict: 'Folding history: 921 of 1,842 events.',
      next: 'About 3 min left at this rate.',
    });
  });

  it('says that no worker is alive where nobody is there to carry it on', () => {
    expect(replayAnswer(folding(vanished))).toMatchObject({
      tone: 'failed',
      verdict: 'No worker is alive, so this replay makes no progress: it stands at 921 of 1,842 events.',
      tab: 'no worker',
    });
    for (const status of ['queued', 'merging', 'recording'] as const)
      expect(replayAnswer(folding({ ...vanished, status, partitions: [] })).tab).toBe('no worker');
  });

  it('does not say so while a lease is held, another worker may take it up, or none is needed', () => {
    expect(replayAnswer(folding({ workersAlive: 0 })).tab).toBe('folding');
    expect(replayAnswer(folding({ ...vanished, workersAlive: 1 }))).toMatchObject({
      tab: 'folding',
      next: null,
    });
    for (const status of ['awaiting-approval', 'paused'] as const)
      expect(replayAnswer(folding({ ...vanished, status })).tone).not.toBe('failed');
  });
});
