import { describe, expect, it } from 'vitest';
import {
  type EvidenceFilter,
  evidenceFilterInput,
  exportHref,
  filterMistakes,
  isFiltered,
  latestAnswer,
  viewQuery,
} from './evidence-filters.ts';

const none: EvidenceFilter = {
  q: '',
  contract: '',
  kind: null,
  confidence: null,
  agreement: null,
  status: null,
  by: '',
  approved: '',
  key: '',
  incident: '',
  since: '',
  until: '',
  asOf: null,
};

describe('what is asked for evidence', () => {
  it('takes whole days in UTC, the last one included', () => {
    const { since, until } = evidenceFilterInput({ ...none, since: '2026-03-14', until: '2026-03-14' });
    expect([since, until]).toEqual(['2026-03-14T00:00:00.000Z', '2026-03-15T00:00:00.000Z']);
  });

  it('leaves out what is empty, half typed or no day', () => {
    expect(Object.values(evidenceFilterInput(none)).every((value) => value === undefined)).toBe(true);
    expect(
      evidenceFilterInput({ ...none, q: ' !? ', since: '2026-0', until: '2026-13-45', asOf: 'noon' }),
    ).toEqual(evidenceFilterInput(none));
  });

  it('leaves out what is longer than the server takes, and nothing that is just as long', () => {
    const long = { contract: 200, by: 200, approved: 200, key: 1000 };
    const letters = (more: number) =>
      Object.fromEntries(Object.entries(long).map(([name, most]) => [name, 'x'.repeat(most + more)]));
    expect(evidenceFilterInput({ ...none, q: 'a\0b', key: '\0' })).toEqual(evidenceFilterInput(none));
    expect(evidenceFilterInput({ ...none, ...letters(1) })).toEqual(evidenceFilterInput(none));
    expect(evidenceFilterInput({ ...none, ...letters(0) })).toMatchObject({
      contractId: 'x'.repeat(200),
      requestedBy: 'x'.repeat(200),
      approvedBy: 'x'.repeat(200),
      key: 'x'.repeat(1000),
    });
  });

  it('is the same for the file as for the list', () => {
    const href = exportHref({ ...none, q: 'a b', status: 'failed', since: '2026-03-14' }, 'ndjson');
    expect(Object.fromEntries(new URL(href, 'http://x').searchParams)).toEqual({
      format: 'ndjson',
      search: 'a b',
      status: 'failed',
      since: '2026-03-14T00:00:00.000Z',
    });
  });

  it('is kept by a view without the instant that a permalink fixes', () => {
    const kept = viewQuery({ ...none, q: 'a & b', confidence: 'suspect', asOf: '2026-03-14T00:00:00Z' });
    expect(Object.fromEntries(new URLSearchParams(kept))).toEqual({ q: 'a & b', confidence: 'suspect' });
    expect(viewQuery(none)).toBe('');
  });
});

describe('a filter that is none', () => {
  it.each([
    ['status=done', 'Status “done” is none of finished, refused, failed, cancelled'],
    ['kind=drill', 'Kind “drill” is none of replay, promotion'],
    ['confidence=high', 'Confidence “high”'],
    ['agreement=ok', 'Agreement “ok”'],
    ['since=2026-02-30', 'From day “2026-02-30” is no day'],
    ['until=tomorrow', 'To day “tomorrow” is no day'],
    ['since=2026-03-02&until=2026-03-01', 'From day is after To day'],
    ['asOf=noon', 'The instant “noon”'],
    ['q=!!!', 'neither a letter nor a digit'],
    [`q=${'a'.repeat(201)}`, 'longer than 200 letters'],
    ['q=a%00b', 'The search holds a character that can’t be kept'],
    ['key=a%00', 'Key touched “a\0” holds a character that can’t be kept'],
    [`contract=${'a'.repeat(201)}`, 'Contract “aaa'],
    [`by=${'a'.repeat(201)}`, 'is longer than 200 letters, so it is left out'],
    [`approved=${'a'.repeat(201)}`, 'Approved by “'],
    [`key=${'a'.repeat(1001)}`, 'is longer than 1000 letters, so it is left out'],
    ['q=a b c d e f g h i j k', 'more than 10 words'],
    [
      'contractId=orders',
      '“contractId” is no filter of this page, so it is left out. They are: q, contract, kind',
    ],
    ['__proto__=1', '“__proto__” is no filter'],
    ['status=failed&status=finished', '“status” stands in the address more than once: the first is taken.'],
  ])('is named, with what it takes: %s', (query, sentence) => {
    expect(filterMistakes(new URLSearchParams(query))).toEqual([expect.stringContaining(sentence)]);
  });

  it('is not said of what is right, or empty', () => {
    const right =
      'status=failed&kind=replay&q=übrig&since=2026-03-01&until=2026-03-01&asOf=2026-03-14T00:00:00.000Z';
    expect(filterMistakes(new URLSearchParams(right))).toEqual([]);
    expect(filterMistakes(new URLSearchParams('status=&q=&since='))).toEqual([]);
    expect(filterMistakes(new URLSearchParams('peek=x&paused=true&status=failed'))).toEqual([]);
    expect(filterMistakes(new URLSearchParams('kind=break-glass&status=reviewed'))).toEqual([]);
  });

  it('counts names that are none where they are many', () => {
    const many = filterMistakes(new URLSearchParams('a=1&b=2&c=3&d=4&e=5&f=6&g=7&a=8'));
    expect(many).toHaveLength(6);
    expect(many.at(-1)).toBe('2 other names in the address are no filters either.');
  });
});

describe('what the head says of the newest record', () => {
  const latest = { contractId: 'orders', status: 'finished', confidence: 'trusted' } as const;

  it('says that it matches only where something is filtered by', () => {
    expect(isFiltered({ ...none, contract: 'x'.repeat(201), since: '2026-02-30', asOf: 'noon' })).toBe(false);
    expect(isFiltered({ ...none, asOf: '2026-03-14T00:00:00.000Z' })).toBe(false);
    expect(isFiltered({ ...none, contract: 'x' })).toBe(true);
  });

  it.each([
    [false, false, 'The latest record is of orders, finished and trusted.'],
    [false, true, 'The latest record is of orders, finished and trusted.'],
    [true, false, 'The latest record that matches is of orders, finished and trusted.'],
    [true, true, 'The latest record that matches the other filters is of orders, finished and trusted.'],
  ])('filtered: %s, with mistakes: %s', (filtered, hasMistakes, sentence) => {
    expect(latestAnswer(latest, { filtered, hasMistakes })).toBe(sentence);
  });

  it('says of no record whether there is none, or none that matches', () => {
    expect(latestAnswer(undefined, { filtered: true, hasMistakes: false })).toBe(
      'No record matches these filters.',
    );
    expect(latestAnswer(undefined, { filtered: false, hasMistakes: true })).toBe('Nothing is recorded yet.');
    expect(
      latestAnswer({ ...latest, contractId: '', confidence: null }, { filtered: false, hasMistakes: false }),
    ).toBe('The latest record is of no contract, finished.');
  });
});
