import { describe, expect, it } from 'vitest';
import { topicState } from '../../../domain/contract/define.ts';
import { fieldsOf, newValue, type TopicRow, withFields } from './values.ts';

const state = topicState<unknown>({
  title: 'Shelf',
  topic: 'shelf',
  consumerGroup: 'projector',
  fields: {
    total: { path: 'stock.total', expected: () => 0 },
    name: { path: 'name', expected: () => '' },
  },
});
const row = (text: string): TopicRow => ({ value: Buffer.from(text), headers: [], partition: 0, offset: 7 });
const none = new Map<string, 'number' | 'text'>();

describe('the value of a row in a topic', () => {
  it('is compared by its mapped fields, and a number that a double does not hold by its digits', () => {
    const value = '{"stock":{"total":9007199254740993},"name":null}';
    expect(fieldsOf(state, row(value))).toEqual({ total: '9007199254740993', name: null });
    expect(fieldsOf(state, row('{"stock":{"total":1.50},"name":"a"}'))).toEqual({ total: 1.5, name: 'a' });
  });

  it('keeps all that is not set in it, to the last digit', () => {
    const before =
      '{"id":9007199254740993,"stock":{"total":5,"price":5.10},"list":[1e3,{"a":null}],"name":"é"}';
    expect(withFields(state, row(before), { total: 8 }, none)).toBe(
      '{"id":9007199254740993,"stock":{"total":8,"price":5.10},"list":[1e3,{"a":null}],"name":"é"}',
    );
  });

  it('is set to a long number as a number, where one was', () => {
    const wanted = { total: '9007199254740995' };
    expect(withFields(state, row('{"stock":{"total":1},"name":""}'), wanted, none)).toBe(
      '{"stock":{"total":9007199254740995},"name":""}',
    );
    expect(withFields(state, row('{"stock":{"total":"1"},"name":""}'), wanted, none)).toBe(
      '{"stock":{"total":"9007199254740995"},"name":""}',
    );
  });

  it.each([
    ['numbers', 'number', '9007199254740995'],
    ['texts', 'text', '"9007199254740995"'],
  ] as const)(
    'that has no number there yet is set to a long one as the other rows have it: %s',
    (_, kind, total) => {
      const wanted = { total: '9007199254740995' };
      const kinds = new Map([['stock.total', kind]]);
      expect(newValue(state, wanted, kinds)).toBe(`{"stock":{"total":${total}}}`);
      expect(withFields(state, row('{"stock":{"total":null},"name":""}'), wanted, kinds)).toBe(
        `{"stock":{"total":${total}},"name":""}`,
      );
    },
  );

  it('is not set to a long number where nothing tells whether it stands there as text', () => {
    expect(newValue(state, { total: '9007199254740995' }, none)).toBeNull();
    // Digits that a number would hold are a text, and stay one.
    expect(newValue(state, { name: '12' }, none)).toBe('{"name":"12"}');
  });

  it('of a new row holds the mapped fields alone, each at its path', () => {
    expect(newValue(state, { total: 3, name: 'a' }, none)).toBe('{"stock":{"total":3},"name":"a"}');
  });

  it('reads and sets own members only, whatever they are called', () => {
    const odd = { ...state, fields: { total: { path: '__proto__.total', expected: () => 0 } } };
    expect(() => fieldsOf(odd, row('{}'))).toThrow(/offset 7 of partition 0 has no __proto__\.total/);
    expect(withFields(odd, row('{}'), { total: 1 }, none)).toBe('{"__proto__":{"total":1}}');
    expect(Object.hasOwn(Object.prototype, 'total')).toBe(false);
  });
});
