import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { expect, it } from 'vitest';
import { appRouter } from './root.ts';
import { whoAsksUnknown } from './who-asks.ts';

it('a call whose asker can not be looked up hears that it may try again, and no word of the library', async () => {
  const response = await fetchRequestHandler({
    endpoint: '/api/trpc',
    req: new Request('http://reprise.test/api/trpc/contracts.list'),
    router: appRouter,
    createContext: () => Promise.reject(whoAsksUnknown(new Error('Failed to get session'))),
  });
  const said = await response.text();
  expect(response.status).toBe(503);
  expect(said).toContain('try again in a moment');
  expect(said).not.toContain('Failed to get session');
});
