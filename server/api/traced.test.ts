import { expect, it } from 'vitest';
import { callerFor } from './root.ts';
import { contextOf } from './test-kit.ts';

/** What a tracer sees of a call: its path, and whether the work within failed. */
function watched(roles: Parameters<typeof contextOf>[0]) {
  const seen: string[] = [];
  const context = {
    ...contextOf(roles),
    trace: async <T>(path: string, type: string, work: () => Promise<T>): Promise<T> => {
      try {
        const result = await work();
        seen.push(`${type} ${path} done`);
        return result;
      } catch (error) {
        seen.push(`${type} ${path} failed`);
        throw error;
      }
    },
  };
  return { seen, caller: callerFor(context) };
}

it('a procedure that is refused is a span that failed, and its caller hears the refusal as before', async () => {
  const { seen, caller } = watched(null);
  await expect(caller.contracts.list()).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'Sign in first.',
  });
  expect(seen).toEqual(['query contracts.list failed']);
});

it('one that answers is a span that did not', async () => {
  const { seen, caller } = watched(null);
  expect(await caller.account.me()).toBeNull();
  expect(seen).toEqual(['query account.me done']);
});
