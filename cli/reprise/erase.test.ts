import { describe, expect, it } from 'vitest';
import { type EraseFlags, left, whatToErase } from './erase.ts';

const flags = (given: Partial<EraseFlags>): EraseFlags => ({ reason: 'request 17', ...given });

describe('what evidence erase is asked for', () => {
  it('is keys of a contract, or an age with or without one', () => {
    expect(whatToErase(flags({ contract: 'c', key: ['a', 'b'] }))).toEqual({
      kind: 'subject',
      contractId: 'c',
      keys: ['a', 'b'],
    });
    expect(whatToErase(flags({ olderThan: '90' }))).toEqual({ kind: 'policy', contractId: null, days: 90 });
    expect(whatToErase(flags({ olderThan: '1', contract: 'c' }))).toMatchObject({ contractId: 'c' });
  });

  it.each([
    [{}, /Say what is to be erased/],
    [{ contract: 'c' }, /Say what is to be erased/],
    [{ key: ['a'] }, /name it with --contract/],
    [{ key: ['a'], contract: 'c', olderThan: '1' }, /not by both/],
    [{ olderThan: '0' }, /not “0”/],
    [{ olderThan: '-3' }, /not “-3”/],
    [{ olderThan: '1.5' }, /not “1.5”/],
    [{ olderThan: '' }, /not “”/],
    [{ olderThan: '100000' }, /from 1 to 99999/],
    [{ contract: 'c', key: Array.from({ length: 101 }, String) }, /At most 100 keys/],
  ])('is refused with a sentence where it is %j', (given, why) => {
    expect(() => whatToErase(flags(given))).toThrow(why);
  });
});

describe('what is left', () => {
  it('names steps of runbooks that were given a key and have not ended', () => {
    const none = { dryRun: false, kind: 'subject', replays: [], steps: [], counts: {}, skipped: [] } as const;
    const report = { ...none, running: [], promotions: [], auditEntries: 0 };
    expect(left({ ...report, runningSteps: [] })).toEqual([]);
    expect(left({ ...report, runningSteps: [{ runId: 'r1', step: 'look' }] })).toEqual([
      'Not looked at: step look of run r1 was given a key and has not ended. Run this again then.',
    ]);
  });
});
