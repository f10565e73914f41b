import { expect, it } from 'vitest';
import { ownerOf } from './index-letters.ts';

const shared = { topic: 'a.dlq', contractId: 'a', state: 'one', others: ['a/two', 'b/two', 'c/three'] };

it.each([
  ['one', { contractId: 'a', state: 'one' }],
  ['three', { contractId: 'c', state: 'three' }],
  ['two', null],
  ['four', null],
  [null, null],
])('a letter whose header names %s is of the one state of that name that parks there', (name, owner) => {
  expect(ownerOf(shared, name)).toEqual(owner);
});
