import { describe, expect, it } from 'vitest';
import { listAnswer } from './list-answer.ts';

const none = { running: 0, queued: 0, waiting: 0 };

describe('the sentence about all promotions', () => {
  it('says that none is on its way only where none is', () => {
    expect(listAnswer(none, true)).toBe('No promotion is on its way.');
    expect(listAnswer(none, false)).toBe('Nothing has been promoted yet.');
    // What waits may be older than every row that was read.
    expect(listAnswer({ ...none, waiting: 1 }, true)).toBe('1 promotion waits for approval.');
  });

  it('tells what is approved from what is being written', () => {
    expect(listAnswer({ ...none, queued: 1 }, true)).toBe('1 promotion is approved and has not begun.');
    expect(listAnswer({ ...none, running: 2, queued: 3 }, true)).toBe(
      '2 promotions are being written and 3 are approved and have not begun.',
    );
    expect(listAnswer({ running: 1, queued: 1, waiting: 4 }, true)).toMatch(
      /^1 promotion is being written, 1 is approved and has not begun,? and 4 wait for approval\.$/,
    );
  });
});
