import { describe, expect, it } from 'vitest';
import type { SagaSummary } from '@/server/application/ports/saga-views.ts';
import { parseSagaId, sagaId, states } from './saga-filters.ts';
import { ageOf, gapWords, roleWords, sagaAnswer, span, stateWords } from './saga-words.ts';

const none = { stuck: 0, 'compensation-failed': 0, compensating: 0, running: 0, cancelled: 0, completed: 0 };
const summary = (counts: Partial<typeof none>, more: Partial<SagaSummary> = {}): SagaSummary => ({
  contractId: 'orders',
  title: 'An order',
  limitMs: 120_000,
  steps: ['place'],
  counts: { ...none, ...counts },
  odd: 0,
  oldestStuckAt: null,
  followedAt: '2026-03-01T00:00:00.000Z',
  stale: false,
  problem: null,
  missed: '0',
  unread: '0',
  gaps: [],
  gapCount: 0,
  ...more,
});

describe('the answer of the page', () => {
  it.each([
    [[], 'unknown', 'No contract names a saga.'],
    [
      [summary({ running: 2 })],
      'verified',
      'No saga is stuck, and none could not be undone; 2 sagas are on their way.',
    ],
    [[summary({ stuck: 1, running: 4 })], 'failed', '1 saga is stuck.'],
    [
      [summary({ stuck: 2, 'compensation-failed': 1 })],
      'failed',
      '2 sagas are stuck, and 1 saga could not be undone.',
    ],
    [[summary({}, { problem: 'no broker' })], 'different', 'The sagas of orders can’t be followed now.'],
    [
      [summary({ running: 2 }, { stale: true })],
      'unknown',
      'The sagas of orders are not followed up to now.',
    ],
    // Old news of trouble is still trouble.
    [[summary({ stuck: 1 }, { problem: 'no broker' })], 'failed', '1 saga is stuck.'],
    [
      [summary({ running: 9 }, { followedAt: null })],
      'unknown',
      'The histories are still being followed to their end.',
    ],
  ] as const)('of %j is %s', (summaries, tone, verdict) => {
    expect(sagaAnswer(summaries)).toMatchObject({ tone, verdict });
  });
});

it('knows every state that a saga can be in', () => {
  expect([...states].sort()).toEqual(Object.keys(stateWords).sort());
});

it('says how old a saga is, or how long it took', () => {
  const at = { startedAt: '2026-03-01T00:00:00.000Z', endedAt: null };
  expect(ageOf(at, Date.parse('2026-03-01T00:03:05.000Z'))).toBe('3 min');
  expect(ageOf({ ...at, endedAt: '2026-03-01T00:00:08.000Z' }, Date.now())).toBe('8 s');
  expect([90_000, 7_199_999, 90_000_000, 200_000_000].map(span)).toEqual(['90 s', '120 min', '25 h', '2 d']);
});

it('takes a saga from the address, whatever its key holds', () => {
  const row = { contractId: 'orders', key: 'a:b' };
  expect(parseSagaId(sagaId(row))).toEqual(row);
  expect([null, '', 'orders', 'orders:', ':x'].map(parseSagaId)).toEqual([null, null, null, null, null]);
});

it('says in words what an event is to a saga', () => {
  expect(['done:pay', 'undone:pay', 'undo-failed:pay', 'completed', 'cancelled'].map(roleWords)).toEqual([
    'pay done',
    'pay undone',
    'undoing pay failed',
    'ended well',
    'ended, cancelled',
  ]);
});

describe('what is gone of a history', () => {
  it('is named with its offsets, the last of them included', () => {
    expect(gapWords({ partition: 2, kind: 'expired', from: '7', to: '10' })).toBe(
      '3 records went before it could be followed: offsets 7 to 9 of partition 2.',
    );
    expect(gapWords({ partition: 0, kind: 'truncated', from: '7', to: '8' })).toMatch(
      /^1 record that had been followed is no longer in the log: offset 7 of partition 0\./,
    );
  });
});
