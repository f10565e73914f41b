import { describe, expect, it } from 'vitest';
import type { LetterTopicView } from '@/server/application/ports/dead-letters.ts';
import { letterHref, lettersAnswer } from './letter-words.ts';

const topic = (change: Partial<LetterTopicView>): LetterTopicView => ({
  topic: 'a.dlq',
  contractId: 'a',
  state: 's',
  others: [],
  identity: 'x',
  readAt: '2026-11-26T00:00:00.000Z',
  recreatedAt: null,
  cutAt: null,
  cut: '0',
  problem: null,
  retiredAt: null,
  missed: '0',
  letters: 0,
  gone: 0,
  reprocessed: 0,
  groups: [],
  moreGroups: 0,
  ...change,
});

describe('the answer of the page of dead letters', () => {
  it.each([
    [[], 'No contract names a topic of dead letters.'],
    [[topic({})], 'No dead letter stands in any topic.'],
    [[topic({ letters: 3, gone: 1 }), topic({ letters: 1 })], '3 dead letters stand in 2 topics.'],
    [[topic({ letters: 1 })], '1 dead letter stands in 1 topic.'],
    [[topic({ letters: 2, gone: 2 })], 'No dead letter stands in any topic.'],
    [[topic({ letters: 10, gone: 2, reprocessed: 8 })], 'All 8 dead letters that stand are reprocessed.'],
    [[topic({ letters: 10, reprocessed: 9 })], '1 dead letter stands in 1 topic. 9 more are reprocessed.'],
    [
      [topic({ letters: 1, reprocessed: 1 }), topic({ readAt: null })],
      'The topics of dead letters are still being read to their end.',
    ],
    [[topic({ readAt: null })], 'The topics of dead letters are still being read to their end.'],
    [[topic({ problem: 'gone' })], 'a.dlq can’t be read now.'],
  ])('says what stands parked: %#', (topics, verdict) => {
    expect(lettersAnswer(topics).verdict).toBe(verdict);
  });

  it('is never that there is none while a topic can not be read', () => {
    expect(lettersAnswer([topic({}), topic({ problem: 'gone' })]).tone).toBe('unknown');
  });

  it('links a letter by its place', () => {
    expect(letterHref({ topic: 'a b', partition: 1, offset: '7' })).toBe('/dead-letters/a%20b/1/7');
  });
});
