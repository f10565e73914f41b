import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMigratedDatabase, type ScratchDatabase, withoutRules } from './scratch-database.ts';

let database: ScratchDatabase;
let owner: pg.Client;
let runner: pg.Client;
/** One that has finished, with what it found; one that is being worked on. */
const ended = randomUUID();
const open = randomUUID();
const evidence = randomUUID();

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

const replayOf = (id: string, status: string, client: pg.Client) =>
  client.query(
    `INSERT INTO replay (id, contract_id, contract_version, plan, plan_hash, scope, status, requested_by, reason, discrepancies)
     VALUES ($1, 'c', 1, '{}', encode(sha256('{}'), 'hex'), '{"kind":"all"}', $2, 'omar', 'for Alice', 1)`,
    [id, status],
  );

const resultsOf = async (id: string, client: pg.Client) => {
  await client.query(
    `INSERT INTO replay_partition (replay_id, partition, "from", "to", cursor, counters) VALUES ($1, 0, 0, 9, 5, '{}')`,
    [id],
  );
  await client.query(
    `INSERT INTO replay_comparison VALUES ($1, 'stock', 'different', '{"why":"Alice"}', now())`,
    [id],
  );
  await client.query(`INSERT INTO replay_invariant VALUES ($1, 'sum', 'failed', '{}')`, [id]);
  await client.query(`INSERT INTO replay_finding_count VALUES ($1, 0, 'no-key', 1)`, [id]);
  await client.query(
    `INSERT INTO replay_finding (replay_id, kind, partition, "offset", detail) VALUES ($1, 'no-key', 0, 3, '')`,
    [id],
  );
  await client.query(
    `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude) VALUES ($1, 'stock', 'a', 0, 'different', '[]', 1)`,
    [id],
  );
  await client.query(
    `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events) VALUES ($1, 0, 'a', '{}', 4, 1)`,
    [id],
  );
  await client.query(`INSERT INTO seen_block VALUES ($1, 0, 0, 'x')`, [id]);
};

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  owner = await connect(database.ownerUrl);
  runner = await connect(database.url);
  const lawless = await connect(withoutRules(database));
  await replayOf(ended, 'finished', lawless);
  await resultsOf(ended, lawless);
  await lawless.end();
  await replayOf(open, 'folding', owner);
  await resultsOf(open, owner);
  const statement = Buffer.from('{}');
  await owner.query(
    `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, requested_by)
     VALUES ($1, 'replay', 'c', $2, $3, $4, 'finished', 'omar')`,
    [evidence, ended, statement, createHash('sha256').update(statement).digest('hex')],
  );
  await owner.query(`INSERT INTO evidence_attachment VALUES ($1, 'remarks', $2, $3)`, [
    evidence,
    createHash('sha256').update(statement).digest('hex'),
    statement,
  ]);
  await owner.query(
    `INSERT INTO audit_entry (actor, action, subject, outcome, detail) VALUES ('a', 'b', 'c', 'done', '{}')`,
  );
  await owner.query(
    `INSERT INTO person (id, name, email, roles) VALUES ('omar', 'Omar', 'omar@example.test', '{operator}')`,
  );
});
afterAll(async () => {
  await runner.end();
  await owner.end();
  await database.drop();
});

describe('past all code, the role that runs', () => {
  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ['disables a trigger', 'ALTER TABLE audit_entry DISABLE TRIGGER ALL', /must be owner/],
    ['has no trigger fire', 'SET session_replication_role = replica', /permission denied to set/],
    ['drops a trigger', 'DROP TRIGGER evidence_record_is_final ON evidence_record', /must be owner/],
    [
      'adds a trigger',
      'CREATE TRIGGER mine BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION reprise_refuse_change()',
      /permission denied/,
    ],
    ['drops a function', 'DROP FUNCTION reprise_refuse_change() CASCADE', /must be owner/],
    [
      'replaces a function',
      `CREATE OR REPLACE FUNCTION reprise_may_approve("who" text) RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
      /permission denied/,
    ],
    [
      'has a function look elsewhere',
      'ALTER FUNCTION reprise_may_approve(text) SET search_path = pg_temp',
      /must be owner/,
    ],
    ['alters a table', 'ALTER TABLE decision DROP CONSTRAINT decision_has_reason', /must be owner/],
    ['drops a table', 'DROP TABLE audit_entry', /must be owner/],
    ['makes a table beside them', 'CREATE TABLE public.mine (a int)', /permission denied for schema public/],
    ['makes a schema', 'CREATE SCHEMA mine', /permission denied for database/],
    ['empties a table', 'TRUNCATE discrepancy', /permission denied/],
    ['empties the audit', 'TRUNCATE audit_entry', /permission denied/],
    ['changes evidence', `UPDATE evidence_record SET confidence = 'trusted'`, /permission denied/],
    ['deletes evidence', 'DELETE FROM evidence_record', /permission denied/],
    ['deletes what is attached to it', 'DELETE FROM evidence_attachment', /permission denied/],
    ['changes the audit', `UPDATE audit_entry SET actor = 'x'`, /permission denied/],
    ['deletes the audit', 'DELETE FROM audit_entry', /permission denied/],
    [
      'dates an entry of the audit',
      `INSERT INTO audit_entry (actor, action, subject, outcome, detail, recorded_at) VALUES ('a', 'b', 'c', 'done', '{}', '2020-01-01')`,
      /permission denied/,
    ],
    ['changes a decision', `UPDATE decision SET verdict = 'approved'`, /permission denied/],
    ['deletes a decision', 'DELETE FROM decision', /permission denied/],
    ['changes who asked for a replay', `UPDATE replay SET requested_by = 'x'`, /permission denied/],
    ['deletes a replay', 'DELETE FROM replay', /permission denied/],
    [
      'adds a replay that has ended with a result',
      `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by, confidence) VALUES (gen_random_uuid(), 'c', 1, '{}', 'refused', 'x', 'trusted')`,
      /permission denied/,
    ],
    ['deletes a version of a contract', 'DELETE FROM contract_version', /permission denied/],
    ['changes the code of a version', `UPDATE contract_version SET bundle = 'x'`, /permission denied/],
    ['changes an address', `UPDATE person SET email = 'x@example.test'`, /permission denied/],
    ['deletes a person', 'DELETE FROM person', /permission denied/],
    ['makes a session fresh', 'UPDATE person_session SET proven_at = now()', /permission denied/],
    ['has a number come again', `SELECT setval('promotion_token', 1)`, /permission denied/],
    [
      'says that a migration was applied',
      `INSERT INTO _prisma_migrations SELECT * FROM _prisma_migrations`,
      /permission denied/,
    ],
    [
      'gives itself a right',
      'GRANT DELETE ON audit_entry TO CURRENT_USER; DELETE FROM audit_entry',
      /permission denied/,
    ],
    ['becomes the owner', 'SET ROLE OWNER', /permission denied to set role/],
    ['makes itself a member of the owner', 'GRANT "OWNER" TO CURRENT_USER', /permission denied|must have/],
    ['makes itself a superuser', 'ALTER ROLE CURRENT_USER SUPERUSER', /permission denied|must be superuser/],
    [
      'changes the status of a replay that has ended',
      `UPDATE replay SET status = 'folding' WHERE id = 'ENDED'`,
      /never changed/,
    ],
    [
      'changes its result',
      `UPDATE replay SET confidence = 'trusted' WHERE id = 'ENDED'`,
      /has ended is never changed/,
    ],
    [
      'changes its evidence',
      `UPDATE replay SET evidence_id = gen_random_uuid() WHERE id = 'ENDED'`,
      /has ended is never changed/,
    ],
    [
      'clears its words',
      `UPDATE replay SET failure = '', cancel_reason = '' WHERE id = 'ENDED'`,
      /has ended is never changed/,
    ],
    ['deletes its discrepancies', `DELETE FROM discrepancy WHERE replay_id = 'ENDED'`, /never changed/],
    ['deletes them among others', 'DELETE FROM discrepancy', /never changed/],
    [
      'explains them otherwise',
      `UPDATE discrepancy SET cause = NULL WHERE replay_id = 'ENDED'`,
      /never changed/,
    ],
    [
      'makes them the other side',
      `UPDATE discrepancy SET fields = '[]' WHERE replay_id = 'ENDED'`,
      /permission denied/,
    ],
    [
      'adds to them',
      `INSERT INTO discrepancy (replay_id, derived_state, key, partition, kind, fields, magnitude) VALUES ('ENDED', 'stock', 'b', 0, 'different', '[]', 1)`,
      /never changed/,
    ],
    [
      'changes its states',
      `UPDATE shadow_state SET state = '{"a":1}' WHERE replay_id = 'ENDED'`,
      /never changed/,
    ],
    ['deletes its states', `DELETE FROM shadow_state WHERE replay_id = 'ENDED'`, /never changed/],
    [
      'changes its states by adding them',
      `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events) VALUES ('ENDED', 0, 'a', '{"a":1}', 4, 1) ON CONFLICT (replay_id, key, partition) DO UPDATE SET state = excluded.state`,
      /never changed/,
    ],
    [
      'takes back what was compared',
      `DELETE FROM replay_comparison WHERE replay_id = 'ENDED'`,
      /never changed/,
    ],
    [
      'adds what was compared',
      `INSERT INTO replay_comparison VALUES ('ENDED', 'x', 'equal', '{}', now())`,
      /never changed/,
    ],
    [
      'takes back what was violated',
      `DELETE FROM replay_invariant WHERE replay_id = 'ENDED'`,
      /never changed/,
    ],
    ['takes back what was found', `DELETE FROM replay_finding WHERE replay_id = 'ENDED'`, /never changed/],
    [
      'adds what was found',
      `INSERT INTO replay_finding (replay_id, kind, partition, "offset", detail) VALUES ('ENDED', 'no-key', 0, 4, '')`,
      /never changed/,
    ],
    [
      'counts it otherwise',
      `UPDATE replay_finding_count SET count = 0 WHERE replay_id = 'ENDED'`,
      /never changed/,
    ],
    ['reads on', `UPDATE replay_partition SET cursor = 9 WHERE replay_id = 'ENDED'`, /never changed/],
    [
      'adds a partition',
      `INSERT INTO replay_partition (replay_id, partition, "from", "to", cursor, counters) VALUES ('ENDED', 1, 0, 9, 0, '{}')`,
      /never changed/,
    ],
    ['adds ids that it has seen', `INSERT INTO seen_block VALUES ('ENDED', 0, 1, 'y')`, /never changed/],
  ];
  it.each(refusals)('is refused where it %s', async (_what, sql, why) => {
    const { rows } = await owner.query<{ name: string }>('SELECT current_user::text AS name');
    const name = owner.escapeIdentifier(rows[0]?.name ?? '');
    const statement = sql
      .replaceAll('ENDED', ended)
      .replace('ROLE OWNER', `ROLE ${name}`)
      .replace('"OWNER"', name);
    await runner.query('BEGIN');
    try {
      await expect(runner.query(statement)).rejects.toThrow(why);
    } finally {
      await runner.query('ROLLBACK');
    }
  });

  it('puts no table of its own in the place of one that a rule asks', async () => {
    const { rows } = await owner.query(
      `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'reprise\\_%'
       AND NOT coalesce(proconfig, '{}') @> ARRAY['search_path=public, pg_temp']`,
    );
    expect(rows).toEqual([]);
    await runner.query('CREATE TEMPORARY TABLE replay (id uuid, status text)');
    await expect(
      runner.query(`DELETE FROM public.discrepancy WHERE replay_id = $1`, [ended]),
    ).rejects.toThrow(/has ended/);
    await runner.query('DROP TABLE pg_temp.replay');
  });

  it('lets go of a lease after the end, and notes how often it tried', async () => {
    await runner.query(
      `UPDATE replay SET lease_owner = NULL, lease_until = NULL, problem = NULL, retries = 0, updated_at = now() WHERE id = $1`,
      [ended],
    );
    await runner.query(
      `UPDATE replay_partition SET lease_owner = NULL, status = 'waiting', fencing_token = fencing_token + 1 WHERE replay_id = $1`,
      [ended],
    );
    await runner.query(`INSERT INTO key_trace (replay_id, key, status) VALUES ($1, 'a', 'queued')`, [ended]);
  });

  it('works on a replay that has not ended', async () => {
    for (const table of [
      'discrepancy',
      'shadow_state',
      'replay_comparison',
      'replay_invariant',
      'replay_finding',
      'replay_finding_count',
    ])
      expect((await runner.query(`DELETE FROM ${table} WHERE replay_id = $1`, [open])).rowCount).toBe(1);
    await runner.query('SELECT reprise_take_statistics()');
  });
});

describe('the owner', () => {
  it('erases words, and nothing else, of a replay that has ended', async () => {
    await owner.query(`UPDATE replay SET reason = '', failure = NULL, cancel_reason = NULL WHERE id = $1`, [
      ended,
    ]);
    await owner.query(`UPDATE replay_comparison SET result = result - 'why' WHERE replay_id = $1`, [ended]);
    for (const sql of [
      `UPDATE replay SET reason = 'another' WHERE id = $1`,
      `UPDATE replay SET discrepancies = 0 WHERE id = $1`,
      `UPDATE replay_comparison SET outcome = 'equal' WHERE replay_id = $1`,
      `DELETE FROM replay WHERE id = $1`,
      `DELETE FROM discrepancy WHERE replay_id = $1`,
    ])
      await expect(owner.query(sql, [ended])).rejects.toThrow(/never changed/);
    await expect(owner.query('TRUNCATE discrepancy')).rejects.toThrow(/never changed/);
  });
});
