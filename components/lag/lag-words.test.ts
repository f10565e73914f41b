import { describe, expect, it } from 'vitest';
import type { LagSubjectView } from '@/server/application/lag/read-lag.ts';
import { listAnswer, subjectAnswer } from './lag-words.ts';

const subject = (own: Partial<LagSubjectView>): LagSubjectView => ({
  contractId: 'inventory',
  contractTitle: 'Inventory',
  kind: 'group',
  name: 'projector',
  topic: 'orders',
  state: 'Stable',
  members: 1,
  partitionCount: 1,
  unknownPartitions: 0,
  records: '0',
  ageMs: 0,
  verdict: 'ok',
  why: 'Nothing is unread.',
  since: null,
  sampledAt: null,
  stale: false,
  problem: null,
  overMs: 60_000,
  ...own,
});

describe('the answer of the list', () => {
  it.each([
    ['nothing is measured', [], 'unknown', 'No lag has been measured yet.'],
    ['all keep up', [subject({})], 'verified', 'All 1 group and state keep up.'],
    [
      'the worst first, and how many more',
      [
        subject({ name: 'slow', verdict: 'lagging', records: '5', ageMs: 90_000 }),
        subject({ name: 'gone', verdict: 'stopped', records: '12', ageMs: 3_600_000 }),
      ],
      'failed',
      'gone has stopped, behind by 12 records and 1 h, and 1 other is not keeping up.',
    ],
    [
      'unknown is not none',
      [subject({}), subject({ verdict: 'unknown', records: null, ageMs: null })],
      'unknown',
      'The lag of 1 of 2 groups and states is not known; the other keeps up.',
    ],
    [
      'nothing is known',
      [subject({ verdict: 'unknown' }), subject({ verdict: 'unknown' })],
      'unknown',
      'The lag of all 2 groups and states is not known.',
    ],
  ] as const)('says where %s', (_, subjects, tone, verdict) => {
    expect(listAnswer(subjects)).toMatchObject({ tone, verdict });
  });
});

describe('the answer of one', () => {
  it.each([
    [subject({}), 'projector has read everything.'],
    [subject({ records: '2', ageMs: 400 }), 'projector keeps up, behind by 2 records and 400 ms.'],
    [subject({ verdict: 'unknown', stale: true }), 'projector is not measured any more.'],
    [
      subject({ verdict: 'stalled', records: '2', ageMs: null }),
      'projector does not move, behind by 2 records.',
    ],
  ])('is one sentence', (each, verdict) => {
    expect(subjectAnswer(each).verdict).toBe(verdict);
  });
});
