import { expect, it } from 'vitest';
import { whyUnclear } from './asked-once.ts';

it.each([
  ['', null],
  ['contractId=a&format=json', null],
  ['contractId=a&contractId=b', '"contractId" is given more than once: give it once.'],
  ['contractId=a&contract%49d=a', '"contractId" is given more than once: give it once.'],
  ['from=1&to=2&from=1', '"from" is given more than once: give it once.'],
  ['__proto__=x', '"__proto__" is nothing that can be asked for.'],
  ['%5F_proto__', '"__proto__" is nothing that can be asked for.'],
])('what is asked by ?%s is clear, or refused: %s', (asked, why) => {
  expect(whyUnclear(new URLSearchParams(asked))).toBe(why);
});
