import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import {
  createMigratedDatabase,
  type ScratchDatabase,
} from '../../server/adapters/postgres/scratch-database.ts';

let database: ScratchDatabase;
let owner: pg.Pool;
let close: () => Promise<void>;
const host = '127.0.0.1:3000';

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('REPRISE_SECRET', 'x'.repeat(40));
  const { dashboard } = await import('../_trpc/context.ts');
  close = () => dashboard().close();
  await owner.query(
    `INSERT INTO lag_subject (contract_id, kind, name, topic, sampled_at, step_ms, partitions)
     VALUES ('inventory', 'group', 'pro"jector', 'orders', now(), 5000,
       '[{"partition":0,"committed":"2","end":"5","next":"2","records":"3","ageMs":1500}]')`,
  );
});
afterAll(async () => {
  await close?.();
  vi.unstubAllEnvs();
  await owner?.end();
  await database?.drop();
});

const ask = async (head: Record<string, string>) => {
  const { GET } = await import('./metrics/route.ts');
  return GET(new Request(`http://${host}/api/metrics`, { headers: { host, ...head } }));
};
const tokenOf = async (scopes: readonly ('read' | 'evidence')[]) => {
  const id = randomUUID();
  await owner.query(`INSERT INTO person (id, name, email, roles) VALUES ($1, 'Ada', $2, '{auditor}')`, [
    id,
    `${id}@example.test`,
  ]);
  const { desk } = (await import('../_trpc/context.ts')).dashboard();
  const { token } = await desk('198.51.100.7').people.makeToken({
    personId: id,
    name: 'prometheus',
    scopes: [...scopes],
    days: 1,
  });
  return { authorization: `Bearer ${token}` };
};

it('metrics are for a token with the right to read, and for nobody else', async () => {
  expect((await ask({})).status).toBe(401);
  expect((await ask(await tokenOf(['evidence']))).status).toBe(403);
  const head = await tokenOf(['read']);
  expect((await ask({ ...head, origin: 'https://elsewhere.example' })).status).toBe(403);
  const answer = await ask(head);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  expect(text).toContain('reprise_lag_records{contract="inventory",kind="group",name="pro\\"jector"} 3\n');
  expect(text).toContain('reprise_lag_seconds{contract="inventory",kind="group",name="pro\\"jector"} 1.5\n');
});
