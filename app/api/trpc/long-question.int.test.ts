import { randomUUID } from 'node:crypto';
import { createTRPCClient } from '@trpc/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  createMigratedDatabase,
  type ScratchDatabase,
} from '../../../server/adapters/postgres/scratch-database.ts';
import type { AppRouter } from '../../../server/api/root.ts';
import { httpLinks } from '../../_trpc/links.ts';

/** The links of the browser, and the route that they lead to, with nothing but the network left out. */
let database: ScratchDatabase;
let handle: (request: Request) => Response | Promise<Response>;
let close: () => Promise<void>;
let token = '';

const origin = 'http://127.0.0.1:3000';
const answered: { readonly method: string; readonly path: string; readonly status: number }[] = [];

function client(headers: Record<string, string> = {}) {
  return createTRPCClient<AppRouter>({
    links: httpLinks(async (address, { method, body, headers: own } = {}) => {
      const request = new Request(new URL(String(address), origin), {
        method: method ?? 'GET',
        headers: {
          ...(own as Record<string, string>),
          host: '127.0.0.1:3000',
          authorization: `Bearer ${token}`,
          ...(typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
          ...headers,
        },
        body: typeof body === 'string' ? body : null,
      });
      const answer = await handle(request);
      answered.push({ method: request.method, path: new URL(request.url).pathname, status: answer.status });
      return answer;
    }),
  });
}

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('REPRISE_SECRET', 'x'.repeat(40));
  const { dashboard } = await import('../../_trpc/context.ts');
  close = () => dashboard().close();
  handle = (await import('./[trpc]/route.ts')).POST;
  const id = randomUUID();
  const { desk } = dashboard();
  const owner = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
  await owner.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $2, $3, $4)', [
    id,
    'Olga',
    `${id}@example.test`,
    ['operator'],
  ]);
  await owner.end();
  token = (
    await desk('test').people.makeToken({
      personId: id,
      name: 'a script',
      scopes: ['read', 'replay'],
      days: 1,
    })
  ).token;
});
afterAll(async () => {
  await close?.();
  vi.unstubAllEnvs();
  await database?.drop();
});

const scopeOf = (count: number) => ({
  kind: 'keys' as const,
  keys: Array.from({ length: count }, () => randomUUID()),
});

describe('a question', () => {
  it('that is too long for an address reaches its procedure, with every key that a scope may name', async () => {
    const asking = client().replays.preview.query({ contractId: 'none', scope: scopeOf(1_000) });
    await expect(asking).rejects.toThrow('No contract "none" is registered.');
    expect(answered.at(-1)).toEqual({ method: 'POST', path: '/api/trpc/replays.preview', status: 404 });
  });

  it('of a few keys stays an address', async () => {
    const asking = client().replays.preview.query({ contractId: 'none', scope: scopeOf(3) });
    await expect(asking).rejects.toThrow('No contract "none" is registered.');
    expect(answered.at(-1)).toMatchObject({ method: 'GET', status: 404 });
  });

  it('in a body is refused to a page of elsewhere, as any other', async () => {
    const asking = client({ origin: 'https://elsewhere.example' }).replays.preview.query({
      contractId: 'none',
      scope: scopeOf(1_000),
    });
    await expect(asking).rejects.toThrow();
    expect(answered.at(-1)).toMatchObject({ method: 'POST', status: 403 });
  });

  it('alone comes either way: an act comes by no address', async () => {
    const request = new Request(`${origin}/api/trpc/replays.launch?input=%7B%7D`, {
      headers: { host: '127.0.0.1:3000', authorization: `Bearer ${token}` },
    });
    expect((await handle(request)).status).toBe(405);
  });
});
