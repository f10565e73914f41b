import { describe, expect, it } from 'vitest';
import { detailOf, isLongId, subjectsOf } from './audit-words.ts';

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

  it.each([
    ['7ab328c1-b249-47da-9b16-be1d39411864', true],
    ['5feed4bdd9ea3f12fcc39d5fb798759cc4bf21b4b4f10d4c4242f72d74637f3f', true],
    ['contracts/inventory.ts', false],
    ['2026-03-14', false],
  ])('shortens %s: %s', (text, long) => expect(isLongId(text)).toBe(long));
});
