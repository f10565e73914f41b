import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasEnded, type ReplayStatus, replayStatuses } from './lifecycle.ts';
import { actionsNow, evolveReplay, type ReplayEvent } from './transitions.ts';

const table: readonly [ReplayStatus, ReplayEvent['kind'], ReplayStatus | null][] = [
  ['awaiting-approval', 'approved', 'queued'],
  ['awaiting-approval', 'claimed', null],
  ['queued', 'claimed', 'folding'],
  ['queued', 'approved', null],
  ['folding', 'phase-done', 'merging'],
  ['merging', 'phase-done', 'comparing'],
  ['comparing', 'phase-done', 'explaining'],
  ['explaining', 'phase-done', 'checking'],
  ['checking', 'phase-done', 'recording'],
  ['recording', 'phase-done', 'finished'],
  ['queued', 'phase-done', null],
  ['folding', 'pause-reached', 'paused'],
  ['comparing', 'pause-reached', null],
  ['folding', 'cancelled', 'cancelled'],
  ['recording', 'failed', 'failed'],
  ['queued', 'refused', 'refused'],
  ['finished', 'cancelled', null],
  ['cancelled', 'claimed', null],
];

describe('the life of a replay', () => {
  it.each(table)('from %s, %s leads to %s', (status, kind, next) => {
    expect(evolveReplay({ status, resumeStatus: null }, { kind } as ReplayEvent)?.status ?? null).toBe(next);
  });

  it('goes on after a pause where it was', () => {
    const paused = evolveReplay({ status: 'folding', resumeStatus: null }, { kind: 'pause-reached' });
    expect(paused && evolveReplay(paused, { kind: 'resumed' })).toEqual({
      status: 'folding',
      resumeStatus: null,
    });
  });

  it('never leaves an end', () => {
    const kinds = [
      'approved',
      'claimed',
      'phase-done',
      'pause-reached',
      'resumed',
      'cancelled',
      'refused',
      'failed',
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...replayStatuses.filter(hasEnded)),
        fc.constantFrom(...kinds),
        (status, kind) => {
          expect(evolveReplay({ status, resumeStatus: null }, { kind })).toBeNull();
        },
      ),
    );
  });

  it('lets nobody call off a replay that records how it ended', () => {
    const cancel = actionsNow('recording', 'run').find((each) => each.action === 'cancel');
    expect(cancel).toMatchObject({ allowed: false, why: expect.stringMatching(/records how it ended/) });
  });

  it('gives a reason for every action that is not allowed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...replayStatuses),
        fc.constantFrom('run', 'pause', 'cancel'),
        (status, intent) => {
          for (const each of actionsNow(status, intent)) expect(each.allowed).toBe(each.why === null);
        },
      ),
    );
  });
});
