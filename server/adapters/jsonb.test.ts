import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonb } from './jsonb.ts';

const replaced = (text: string) => text.replaceAll('\0', '\ufffd').toWellFormed();

it('is the JSON of the value with what jsonb refuses replaced, and of nothing else', () => {
  const text = fc.string({ unit: 'binary' });
  const odd = fc.constantFrom('\0', '\ud800', '\udfff', '\\u0000', '\\\0', '\\\\ud800', '\ud83d\ude00', '"');
  const texts = fc.array(fc.oneof(text, odd), { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, (each) => {
      expect(JSON.parse(jsonb({ each, list: [each] }))).toEqual({
        each: replaced(each),
        list: [replaced(each)],
      });
      expect(JSON.parse(jsonb({ [each]: 1 }))).toEqual(Object.fromEntries([[replaced(each), 1]]));
    }),
  );
});
