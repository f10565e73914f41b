import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { revealStore } from '../../adapters/approval/reveal-store.ts';
import { peopleStore } from '../../adapters/people/people-store.ts';
import { auditFrom } from '../../adapters/postgres/audit.ts';
import { createContractStore } from '../../adapters/postgres/contract-store.ts';
import { postgresNotifier } from '../../adapters/postgres/live-feed.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../../adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../adapters/postgres/unit-of-work.ts';
import { stockContract } from '../../domain/test-kit/stock-contract.ts';
import { hiddenFrom, revealValues } from './reveal-values.ts';

let database: ScratchDatabase;
let pool: pg.Pool;
const contract = { ...stockContract, id: 'stock' };

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  await pool.query(
    `INSERT INTO contract_version (contract_id, version, digest, bundle, description, authors)
     VALUES ('stock', 1, encode(sha256('code'), 'hex'), 'code', '{}', '{}')`,
  );
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const deps = () => ({
  unitOfWork: createUnitOfWork(pool),
  reveals: revealStore,
  contracts: createContractStore(pool),
  audit: auditFrom('test'),
  live: postgresNotifier,
  people: peopleStore,
});
const see = async (id: string, rights: readonly ('values' | 'read')[]) =>
  (await hiddenFrom(deps(), contract.id, [contract], { id, rights })) === null;

describe('hidden values', () => {
  it('are seen by who has revealed them, for a while by the database’s clock, and by nobody else', async () => {
    const [ada, lin] = [randomUUID(), randomUUID()];
    await pool.query(
      `INSERT INTO person (id, name, email, roles) SELECT id, id, id || '@example.test', '{operator}'
       FROM unnest($1::text[]) AS id`,
      [[ada, lin]],
    );
    expect(await see(ada, ['values'])).toBe(false);
    await revealValues(deps(), { contractId: 'stock', reason: 'a customer asks', actor: ada });
    expect(await see(ada, ['values'])).toBe(true);
    expect(await see(lin, ['values'])).toBe(false);
    // A right that is lost hides them at once.
    expect(await see(ada, ['read'])).toBe(false);
    await pool.query(`UPDATE value_reveal SET until = now() - interval '1 second'`);
    expect(await see(ada, ['values'])).toBe(false);
    const { rows } = await pool.query(
      `SELECT actor, subject, detail FROM audit_entry WHERE action = 'values.revealed'`,
    );
    expect(rows).toMatchObject([
      { actor: ada, subject: 'contract:stock', detail: { reason: 'a customer asks' } },
    ]);
  });

  it('stay hidden without a reason, and of a contract that there is not', async () => {
    const request = { contractId: 'stock', reason: ' ', actor: 'ada' };
    await expect(revealValues(deps(), request)).rejects.toThrow(/has a reason/);
    await expect(revealValues(deps(), { ...request, contractId: 'none', reason: 'x' })).rejects.toThrow(
      /no contract none/,
    );
  });
});
