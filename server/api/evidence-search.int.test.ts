import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMigratedDatabase, type ScratchDatabase } from '../adapters/postgres/scratch-database.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { type Right, type Role, roles } from '../domain/access/index.ts';
import { readSettings } from '../env.ts';
import { callerOver } from './test-kit.ts';

let database: ScratchDatabase;
/** What a test lays down beforehand, the role that runs may not. */
let owner: pg.Pool;
let dashboard: ReturnType<typeof composeDashboard>;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  dashboard = composeDashboard(
    readSettings({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' }, process.cwd()),
    'test',
  );
  const id = randomUUID();
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  await owner.query(
    `INSERT INTO evidence_record (id, kind, contract_id, statement, digest, status, requested_by)
     VALUES ($1, 'replay', 'stock', '{}', $2, 'finished', 'olga')`,
    [id, sha256('{}')],
  );
  const remarks = JSON.stringify({ salt: 'x', reason: 'because of Alice' });
  await owner.query(
    `INSERT INTO evidence_attachment (evidence_id, name, digest, content) VALUES ($1, 'remarks', $2, convert_to($3, 'UTF8'))`,
    [id, sha256(remarks), remarks],
  );
});
afterAll(async () => {
  await dashboard?.close();
  await owner?.end();
  await database?.drop();
});

const as = (held: readonly Role[], scopes: readonly Right[] | null = null) =>
  callerOver(dashboard, { id: 'somebody', roles: held, sessionId: null, scopes }).evidence;

describe('words that a record keeps beside it', () => {
  const cells = roles.map((role) => ({ role, finds: role === 'auditor' ? 1 : 0 }));
  it.each(cells)('are found by a search of the role $role: $finds', async ({ role, finds }) => {
    const list = await as([role]).list({ search: 'alice' });
    expect(list.rows).toHaveLength(finds);
    // Nor are they given away by how many would be new.
    expect(await as([role]).fresh({ filter: { search: 'alice' }, seen: null })).toBe(finds);
    expect((await as([role]).list({ search: 'stock' })).rows).toHaveLength(1);
  });

  it('are not found by a token of an auditor that may read, and not read evidence', async () => {
    expect((await as(['auditor'], ['read']).list({ search: 'alice' })).rows).toHaveLength(0);
    expect((await as(['auditor'], ['read', 'evidence']).list({ search: 'alice' })).rows).toHaveLength(1);
  });

  it('are asked for with a sentence where there is nothing to ask for', async () => {
    await expect(as(['viewer']).list({ search: '??' })).rejects.toThrow('There is nothing to search for');
    await expect(as(['viewer']).list({ search: 'x'.repeat(201) })).rejects.toThrow('at most 200 letters');
  });
});
