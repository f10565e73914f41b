import { describe, expect, it } from 'vitest';
import { listAnswer } from './list-sentence.ts';

const latest = { status: 'finished', confidence: 'trusted' } as const;

describe('the answer of the list of replays', () => {
  it('counts what runs, and apart from it what waits for a worker, for people, or is paused', () => {
    const open = [
      { status: 'awaiting-approval', count: 1 },
      { status: 'folding', count: 2 },
      { status: 'merging', count: 1 },
      { status: 'paused', count: 2 },
      { status: 'queued', count: 1 },
    ] as const;
    expect(listAnswer(open, latest, false)).toEqual({
      tone: 'accent',
      verdict: '3 replays are running, 1 waits for a worker, 1 waits for approval and 2 are paused.',
      tab: '3 running',
    });
  });

  it('calls running neither what waits for approval nor what is paused', () => {
    expect(listAnswer([{ status: 'awaiting-approval', count: 2 }], latest, false)).toEqual({
      tone: 'accent',
      verdict: 'No replay is running; 2 wait for approval.',
      tab: '2 wait for approval',
    });
  });

  it('says how the latest ended where none is open, and of what it speaks where filters are set', () => {
    expect(listAnswer([], latest, false)).toEqual({
      tone: 'unknown',
      verdict: 'No replay is running; the latest ended trusted.',
      tab: 'latest ended trusted',
    });
    expect(listAnswer([{ status: 'folding', count: 1 }], undefined, true).verdict).toBe(
      '1 replay is running, among those that match the filters.',
    );
    expect(listAnswer([], undefined, false).verdict).toBe('No replay has run yet.');
  });
});
