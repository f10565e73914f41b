import { describe, expect, it } from 'vitest';
import { topicState } from '../../../domain/contract/define.ts';
import { bothForms, type FigureForm, type FigureForms, formOf } from './figures.ts';
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
const none: FigureForms = new Map();
const numbers: FigureForms = new Map([['stock.total', { kind: 'number' }]]);
const texts = (scale: number | 'varies' | null): FigureForms =>
  new Map([['stock.total', { kind: 'text', scale }]]);

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
    ['numbers', numbers, '9007199254740995'],
    ['texts', texts(0), '"9007199254740995"'],
  ])('that has no number there yet is set to a long one as the other rows have it: %s', (_, forms, total) => {
    const wanted = { total: '9007199254740995' };
    expect(newValue(state, wanted, forms)).toBe(`{"stock":{"total":${total}}}`);
    expect(withFields(state, row('{"stock":{"total":null},"name":""}'), wanted, forms)).toBe(
      `{"stock":{"total":${total}},"name":""}`,
    );
  });

  it('is set to a figure as text where text was, with as many decimals, and as a number where a number was', () => {
    const set = (before: string, total: number | string | null, forms = none) =>
      withFields(state, row(`{"stock":{"total":${before}}}`), { total }, forms)?.slice(18, -2);
    expect(set('"12.50"', 13.5)).toBe('"13.50"');
    expect(set('"12.50"', -13)).toBe('"-13.00"');
    expect(set('"12"', 13)).toBe('"13"');
    expect(set('12.50', '13.50')).toBe('13.50');
    // What the other rows have does not make a text of a number, or the other way round.
    expect(set('12.5', 13.5, texts(2))).toBe('13.5');
    expect(set('"12.50"', 13.5, numbers)).toBe('"13.50"');
    expect(set('"12.50"', null)).toBe('null');
  });

  it('of a new row has figures as the other rows have them', () => {
    expect(newValue(state, { total: 7 }, texts(2))).toBe('{"stock":{"total":"7.00"}}');
    expect(newValue(state, { total: 7.25 }, texts('varies'))).toBe('{"stock":{"total":"7.25"}}');
    expect(newValue(state, { total: 7 }, numbers)).toBe('{"stock":{"total":7}}');
    expect(newValue(state, { total: '7.00' }, numbers)).toBe('{"stock":{"total":7.00}}');
    expect(newValue(state, { total: '007' }, texts(null))).toBe('{"stock":{"total":"007"}}');
  });

  it.each<[string, number | string, FigureForms]>([
    ['no row has one there', 7, none],
    ['no row has one there, and its text could be a number', '12', none],
    ['no row has one there, and it is longer than a double holds', '9007199254740995', none],
    ['some rows have numbers and some text', 7, new Map([['stock.total', { kind: 'mixed' }]])],
    ['the texts there have fewer decimals', 7.125, texts(2)],
    ['the texts there are no figures', 7, texts(null)],
    ['it has no decimal form', 1e21, texts(0)],
    ['the rows have numbers, and it begins with zeros', '007', numbers],
  ])('is not set to a figure where nothing tells how: %s', (_, total, forms) => {
    expect(newValue(state, { total }, forms)).toBeNull();
  });

  it('tells the form of figures by all that were seen', () => {
    const seen = (...values: unknown[]) =>
      values
        .map(formOf)
        .filter((form): form is FigureForm => form !== null)
        .reduce(bothForms);
    expect(seen(1, null, 2.5)).toEqual({ kind: 'number' });
    expect(seen('1.50', '2.00')).toEqual({ kind: 'text', scale: 2 });
    expect(seen('1.50', '2', '3.00')).toEqual({ kind: 'text', scale: 'varies' });
    expect(seen('1.50', 'none', '2.50')).toEqual({ kind: 'text', scale: null });
    expect(seen(1, '1', 1)).toEqual({ kind: 'mixed' });
  });

  it('is not compared where a text in it can not be kept', () => {
    for (const text of ['\\ud83d', '\\u0000'])
      expect(() => fieldsOf(state, row(`{"stock":{"total":1},"name":"a${text}"}`))).toThrow(
        /offset 7 of partition 0 has a text at name that can't be compared/,
      );
    expect(fieldsOf(state, row('{"stock":{"total":1},"name":"\\ud83d\\ude00"}'))).toMatchObject({
      name: '😀',
    });
  });

  it('of a new row holds the mapped fields alone, each at its path', () => {
    expect(newValue(state, { total: 3, name: 'a' }, numbers)).toBe('{"stock":{"total":3},"name":"a"}');
  });

  it('reads and sets own members only, whatever they are called', () => {
    const odd = { ...state, fields: { total: { path: '__proto__.total', expected: () => 0 } } };
    expect(() => fieldsOf(odd, row('{}'))).toThrow(/offset 7 of partition 0 has no __proto__\.total/);
    expect(withFields(odd, row('{}'), { total: 1 }, new Map([['__proto__.total', { kind: 'number' }]]))).toBe(
      '{"__proto__":{"total":1}}',
    );
    expect(Object.hasOwn(Object.prototype, 'total')).toBe(false);
  });
});
