import { describe, expect, it } from 'vitest';
import { callerFor } from '../root.ts';
import { contextOf } from '../test-kit.ts';

const caller = () => callerFor(contextOf(['viewer']));
const save = (given: { name?: string; query?: string }) =>
  caller().views.save({ page: 'evidence', name: 'mine', query: 'status=failed', ...given });

describe('a view that somebody keeps', () => {
  it.each([
    ['10,000 letters', 'x'.repeat(10_000), /at most 80 letters/],
    ['no letter', ' ', /has a name/],
    ['letters that nobody can see', '\u200b\u2060', /has a name/],
  ])('has no name of %s, which others could not find it by', async (_what, name, why) => {
    await expect(save({ name })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringMatching(why),
    });
    await expect(caller().views.change({ viewId: crypto.randomUUID(), name })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  it.each([
    ['that are longer than an address', `q=${'x'.repeat(2_000)}`],
    ['that begin another address', 'a?b#c'],
    ['that end the attribute that they stand in', 'q="><script>'],
    ['with white space', 'q=a b'],
  ])('has no filters %s', async (_what, query) => {
    await expect(save({ query })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});
