import { describe, expect, it } from 'vitest';
import { detailOf, subjectsOf } from './audit-words.ts';

describe('what an entry was done to', () => {
  it.each([
    ['replay:r1', [{ kind: 'replay', id: 'r1' }]],
    ['person:p1', [{ kind: 'person', id: 'p1' }]],
    ['contract:inventory', [{ kind: 'contract', id: 'inventory' }]],
    [
      'personId:p1 sessionId:s1',
      [
        { kind: 'person', id: 'p1' },
        { kind: 'other', id: 'sessionId:s1' },
      ],
    ],
    ['people', [{ kind: 'other', id: 'people' }]],
    ['audit', [{ kind: 'other', id: 'audit' }]],
    [':', [{ kind: 'other', id: ':' }]],
  ])('%s', (subject, things) => expect(subjectsOf(subject)).toEqual(things));
});

describe('the detail of an entry', () => {
  it('reads as names and values, without what is empty', () => {
    expect(
      detailOf({
        before: ['viewer'],
        after: [],
        sessionsEnded: 0,
        kept: null,
        reason: '',
        sentence: 'It has ended.',
        scope: { kind: 'all' },
      }),
    ).toEqual([
      ['before', 'viewer'],
      ['after', 'none'],
      ['sessions ended', '0'],
      ['sentence', 'It has ended.'],
      ['scope', '{"kind":"all"}'],
    ]);
  });
});
