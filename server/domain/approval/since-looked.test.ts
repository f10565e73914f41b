import { describe, expect, it } from 'vitest';
import { changesSince, type InSight, type LookChange, seenOf } from './index.ts';

const now = new Date('2026-01-01T12:00:00Z');
const decision = (personId: string, change: Partial<InSight['decisions'][number]> = {}) => ({
  id: `d-${personId}`,
  personId,
  verdict: 'approved' as const,
  expiresAt: '2026-01-02T09:00:00.000Z',
  voidReason: null,
  counts: true,
  ...change,
});
const sight: InSight = { latestVersion: 3, decisions: [decision('lin')], evidenceId: 'e1', behind: '10' };
const since = (before: InSight, after: InSight, at = '2026-01-01T11:30:00.000Z') =>
  changesSince({ at, what: seenOf(before) }, after, 'ada', now);

describe('what is new since somebody looked', () => {
  it.each<[string, Partial<InSight>, readonly LookChange[]]>([
    ['nothing', {}, []],
    ['a version', { latestVersion: 4 }, [{ kind: 'version', version: 4 }]],
    [
      'a decision of somebody else',
      { decisions: [decision('lin'), decision('kim', { verdict: 'rejected' })] },
      [{ kind: 'decision', personId: 'kim', verdict: 'rejected' }],
    ],
    ['not a decision of their own', { decisions: [decision('lin'), decision('ada')] }, []],
    [
      'an approval that is void',
      { decisions: [decision('lin', { counts: false, voidReason: 'it ran out' })] },
      [{ kind: 'void', personId: 'lin', why: 'it ran out' }],
    ],
    [
      'one that was given and is void already',
      { decisions: [decision('lin'), decision('kim', { counts: false, voidReason: 'right lost' })] },
      [
        { kind: 'decision', personId: 'kim', verdict: 'approved' },
        { kind: 'void', personId: 'kim', why: 'right lost' },
      ],
    ],
    ['newer evidence', { evidenceId: 'e2' }, [{ kind: 'evidence', evidenceId: 'e2' }]],
    ['more behind the plan’s end', { behind: '250' }, [{ kind: 'behind', before: '10', now: '250' }]],
    ['not a history that can’t be asked now', { behind: null }, []],
  ])('is %s', (_name, change, changes) => {
    expect(since(sight, { ...sight, ...change })).toEqual(changes);
  });

  it('is the nearest expiry once an hour has passed', () => {
    const two = {
      ...sight,
      decisions: [decision('lin'), decision('kim', { expiresAt: '2026-01-01T13:00:00.000Z' })],
    };
    expect(since(two, two)).toEqual([]);
    expect(since(two, two, '2026-01-01T10:00:00.000Z')).toEqual([
      { kind: 'expiry', personId: 'kim', expiresAt: '2026-01-01T13:00:00.000Z' },
    ]);
  });

  it('is not told twice of what was void when they looked', () => {
    const lost = { ...sight, decisions: [decision('lin', { counts: false, voidReason: 'right lost' })] };
    expect(since(lost, lost)).toEqual([]);
  });
});
