import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laidOut } from '../replay/records-under-test.ts';
import { corrected, idPlaces, withIdAt } from './edit.ts';

describe('the places of an event’s id', () => {
  it.each([
    [[{ from: 'header', name: 'id' } as const], { headers: ['id'], paths: [] }],
    [
      [{ from: 'value', path: 'meta.id' } as const, { from: 'header', name: 'id' } as const],
      { headers: ['id'], paths: ['meta.id'] },
    ],
    [[{ from: 'key' } as const], null],
    [[{ from: 'value', path: '' } as const], null],
    [[{ from: 'constant', value: 1 } as const], null],
  ])('of %j', (selectors, places) => expect(idPlaces(selectors)).toEqual(places));
});

describe('another id in a text', () => {
  it.each([
    ['{"n": 12345678901234567890, "id": "a"}', 'id', '{"n": 12345678901234567890, "id": "new"}'],
    ['{"a":"x","meta":{"id":"x"}}', 'meta.id', '{"a":"x","meta":{"id":"new"}}'],
    ['{"x":"y","id":"x"}', 'id', '{"x":"y","id":"new"}'],
    ['{"id": 7}', 'id', null],
    ['{}', 'id', null],
    ['{"id": "\\u0061"}', 'id', null],
  ])('of %j at %s', (text, path, changed) => expect(withIdAt(text, path, 'new')).toBe(changed));

  it('changes the id alone', () => {
    const name = fc.constantFrom('id', 'other', 'more');
    fc.assert(
      fc.property(fc.dictionary(name, fc.constantFrom('a', 'b', 'id')), (given) => {
        const changed = withIdAt(JSON.stringify(given), 'id', 'new');
        if (given.id === undefined) expect(changed).toBeNull();
        else expect(JSON.parse(changed ?? '')).toEqual({ ...given, id: 'new' });
      }),
    );
  });
});

describe('the corrected record', () => {
  const letter = {
    offset: 3,
    timestampMs: 1,
    key: new Uint8Array([1]),
    value: new Uint8Array([2]),
    headers: { id: 'old', cause: 'bad', 'redrive.ticket': 'of an earlier one' },
  };
  const edit = {
    value: '{"amount":2}',
    eventId: 'new',
    idHeaders: ['id'],
    originalEventId: 'old',
    correctedBy: 'olga',
    reason: 'a figure was missing',
    ticket: '',
  };

  it('keeps the key of one that lies in a broker’s answer, and holds nothing else of it', () => {
    const [lying = letter] = laidOut([letter]);
    const { record } = corrected({ record: lying, headers: [] }, edit);
    expect(record.key).toEqual(letter.key);
    expect(Object.keys(record)).toEqual(['offset', 'timestampMs', 'key', 'value', 'headers']);
  });

  it('keeps key and headers, and says what it corrects, who and why', () => {
    const { record } = corrected({ record: letter, headers: [] }, edit);
    expect(record.key).toBe(letter.key);
    expect(new TextDecoder().decode(record.value ?? undefined)).toBe('{"amount":2}');
    expect(record.headers).toEqual({
      id: 'new',
      cause: 'bad',
      'redrive.originalEventId': 'old',
      'redrive.correctedBy': 'olga',
      'redrive.reason': 'a figure was missing',
    });
  });

  it('keeps every header that the letter has of one name, but for those that it replaces', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const given = ['id:old', 'seen:a', 'id:older', 'seen:b', 'redrive.ticket:of an earlier one'].map(
      (each) => each.split(':').map((part, at) => (at === 0 ? part : bytes(part))) as [string, Uint8Array],
    );
    const { headers } = corrected({ record: letter, headers: [...given, ['none', null]] }, edit);
    expect(headers).toEqual([
      ['seen', bytes('a')],
      ['seen', bytes('b')],
      ['none', null],
      ['id', bytes('new')],
      ['redrive.originalEventId', bytes('old')],
      ['redrive.correctedBy', bytes('olga')],
      ['redrive.reason', bytes('a figure was missing')],
    ]);
  });
});
