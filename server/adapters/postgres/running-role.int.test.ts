import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { declaredPrivileges, sequenceGrants, tableGrants } from './grants.ts';
import { migrate, migrateOrCheck } from './migrate.ts';
import { whyRulesCanBeSwitchedOff } from './running-role.ts';
import { createMigratedDatabase, createScratchDatabase, type ScratchDatabase } from './scratch-database.ts';

let database: ScratchDatabase;
let owner: pg.Client;
let runner: pg.Client;

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = await connect(database.ownerUrl);
  runner = await connect(database.url);
});
afterAll(async () => {
  await runner.end();
  await owner.end();
  await database.drop();
});

describe('what is declared', () => {
  it('is every table and every sequence, and nothing else', async () => {
    const { rows } = await owner.query<{ relname: string; relkind: string }>(
      `SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')`,
    );
    const names = (kind: string) =>
      rows.filter(({ relkind }) => (relkind === 'S') === (kind === 'S')).map(({ relname }) => relname);
    expect(names('r').sort()).toEqual(Object.keys(tableGrants).sort());
    expect(names('S').sort()).toEqual([...sequenceGrants].sort());
  });

  it('is what the role that runs has, to the column', async () => {
    const { rows } = await owner.query<{ text: string }>(
      `SELECT concat_ws(' ', table_name, privilege_type) AS text FROM information_schema.role_table_grants
       WHERE grantee = $1 AND table_schema = 'public'
       UNION SELECT concat_ws(' ', table_name, privilege_type, column_name)
       FROM information_schema.role_column_grants g WHERE grantee = $1 AND table_schema = 'public'
         AND NOT EXISTS (SELECT FROM information_schema.role_table_grants t WHERE t.grantee = g.grantee
           AND t.table_schema = 'public' AND t.table_name = g.table_name AND t.privilege_type = g.privilege_type)`,
      [new URL(database.url).username],
    );
    const declared = declaredPrivileges()
      .filter(({ kind }) => kind === 'TABLE')
      .map(({ name, privilege, column }) => [name, privilege, column ?? []].flat().join(' '));
    expect(rows.map(({ text }) => text).sort()).toEqual([...declared].sort());
  });

  it('is set right again where somebody has given more, or less, and is left alone otherwise', async () => {
    const role = new URL(database.url).username;
    await owner.query(
      `GRANT UPDATE, DELETE ON audit_entry TO ${role}; REVOKE UPDATE (status) ON replay FROM ${role}`,
    );
    expect((await migrate(database)).granted).toBe(3);
    expect((await migrate(database)).granted).toBe(0);
    await expect(runner.query('DELETE FROM audit_entry')).rejects.toThrow('permission denied');
  });
});

describe('a role that could switch the rules off', () => {
  const why = async (url: string) => {
    const client = await connect(url);
    try {
      return await whyRulesCanBeSwitchedOff(client);
    } finally {
      await client.end();
    }
  };

  it('is none that owns nothing', async () => {
    expect(await why(database.url)).toBeNull();
  });

  it('is a superuser', async () => {
    expect(await why(database.ownerUrl)).toMatch(/is a superuser/);
  });

  // A scratch database and the role that runs in it have one name.
  it.each([
    ['a member of the owner', 'GRANT OWNER TO SCRATCH', /owns its tables/],
    ['one that makes roles', 'ALTER ROLE SCRATCH CREATEROLE', /may make roles/],
    ['one that makes tables beside them', 'GRANT CREATE ON SCHEMA public TO SCRATCH', /may make things/],
    ['one that may delete the audit', 'GRANT DELETE ON audit_entry TO SCRATCH', /may do more/],
    ['the owner of the database', 'ALTER DATABASE SCRATCH OWNER TO SCRATCH', /owns the database/],
  ])('is %s', async (_what, statement, sentence) => {
    const own = await createMigratedDatabase(inject('databaseUrl'));
    const admin = await connect(own.ownerUrl);
    const name = new URL(own.url).username;
    const superuser = new URL(own.ownerUrl).username;
    await admin.query(statement.replaceAll('SCRATCH', name).replace('GRANT OWNER', `GRANT ${superuser}`));
    expect(await why(own.url)).toMatch(sentence);
    await admin.query(`ALTER DATABASE ${name} OWNER TO ${superuser}`);
    await admin.end();
    await own.drop();
  });
});

describe('a database without an owner’s address', () => {
  it('is looked at, and said to lack a migration that only the owner can apply', async () => {
    expect(await migrateOrCheck(database.url)).toMatchObject({ applied: [], unruly: null });
    await owner.query(
      `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '20261123000000_first'`,
    );
    await expect(migrateOrCheck(database.url)).rejects.toThrow(
      /lacks 1 of the migrations.*20261123000000_first.*reprise -- migrate/,
    );
    await owner.query(`UPDATE _prisma_migrations SET rolled_back_at = NULL`);
  });

  it('has to be the one that the other address leads to', async () => {
    const other = await createScratchDatabase(inject('databaseUrl'));
    await expect(migrate({ url: other.url, ownerUrl: database.ownerUrl })).rejects.toThrow(
      /different databases/,
    );
    await other.drop();
  });
});
