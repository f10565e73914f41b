import { expect, it } from 'vitest';
import { scopeSchema } from './scope.ts';

it('takes what is named twice for what is meant once', () => {
  expect(scopeSchema.parse({ kind: 'keys', keys: ['a', 'b', 'a'] })).toEqual({
    kind: 'keys',
    keys: ['a', 'b'],
  });
  expect(scopeSchema.parse({ kind: 'partitions', partitions: [1, 1, 0] })).toEqual({
    kind: 'partitions',
    partitions: [1, 0],
  });
});
