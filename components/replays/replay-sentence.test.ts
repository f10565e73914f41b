import { describe, expect, it } from 'vitest';
import type { PartitionProgress, ReplayDetail } from '@/server/application/views.ts';
import { replayAnswer } from './replay-sentence.ts';

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
