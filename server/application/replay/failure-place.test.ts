import { expect, it } from 'vitest';
import { failurePlace } from './failure-place.ts';

it.each([
  ['inventory.events/3 [5,9)', { partition: 3, offset: '5', to: '9' }],
  ['inventory.events/3@5-9', { partition: 3, offset: '5', to: '9' }],
  ['inventory.events/3@4321', { partition: 3, offset: '4321', to: null }],
  ['partition 3, offset 1234', { partition: 3, offset: '1234', to: null }],
  ['connection bank, table ledger, partition 0, positions [5, 9)', { partition: 0, offset: '5', to: '9' }],
  ['inventory.events', null],
  ['offset 7', null],
  [null, null],
])('of %j is %j', (where, place) => expect(failurePlace(where)).toEqual(place));
