import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { createMigratedDatabase, withoutRules } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { lettersBeside } from './letters.ts';

let scratch: Awaited<ReturnType<typeof createMigratedDatabase>>;
let pool: pg.Pool;
const person = new Set(['PERSON-88']);

beforeAll(async () => {
  scratch = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: scratch.ownerUrl, max: 4 });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await scratch.drop();
});
beforeEach(async () => {
  await pool.query('TRUNCATE dead_letter, dead_letter_group, dead_letter_topic');
  await pool.query(
    `INSERT INTO dead_letter_topic (topic, contract_id, state, others)
     VALUES ('orders.dead', 'billing', 'bills', '{selling/shelf}'), ('parcels.dead', 'parcels', 'parcels', '{}')`,
  );
  await pool.query(
    `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, event_id, cause, at)
     SELECT topic, 'one', 0, n, 'group', 'event-' || n, 'PERSON-88 has no account', now()
     FROM unnest('{orders.dead,parcels.dead}'::text[]) AS topic, generate_series(1, 3) AS n`,
  );
});

const named = async () => {
  const { rows } = await pool.query<{ topic: string; count: number }>(
    `SELECT topic, count(*)::int AS count FROM dead_letter WHERE cause LIKE '%PERSON-88%' GROUP BY topic ORDER BY topic`,
  );
  return Object.fromEntries(rows.map(({ topic, count }) => [topic, count]));
};
const erase = (contractId: string, dryRun: boolean, through = (tx: Transaction) => tx) =>
  createUnitOfWork(pool).run((tx) => lettersBeside(through(tx), contractId, person, dryRun));

describe('the dead letters that name an erased key', () => {
  it.each(['billing', 'selling'])(
    'are those of every topic that %s parks in, be it with others',
    async (contract) => {
      expect(await erase(contract, true)).toBe(3);
      expect(await named()).toEqual({ 'orders.dead': 3, 'parcels.dead': 3 });
      expect(await erase(contract, false)).toBe(3);
      expect(await named()).toEqual({ 'parcels.dead': 3 });
    },
  );

  it.each(['billing', 'selling'])(
    'are edited values that wait to be sent there, too, by %s',
    async (contract) => {
      const id = randomUUID();
      const client = new pg.Client({ connectionString: withoutRules(scratch) });
      await client.connect();
      await client.query(
        `INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters, per_second,
         requested_by, reason, status)
       VALUES ($1, 'billing', 'bills', 'orders.dead', 'one', 'orders', '{}', repeat('0', 64), 1, 1, 'olga', 'x', 'queued')`,
        [id],
      );
      await client.query(
        `INSERT INTO redrive_edit (redrive_id, event_id, key, ticket, salt, value)
       VALUES ($1, 'new', 'PERSON-88', 'T-1', 'salt', '{"amount": 1}')`,
        [id],
      );
      await client.end();
      expect(await erase(contract, false)).toBe(4);
      const { rows } = await pool.query(
        'SELECT key, value, salt, ticket FROM redrive_edit WHERE redrive_id = $1',
        [id],
      );
      expect(rows).toEqual([{ key: null, value: null, salt: null, ticket: 'erased' }]);
    },
  );

  it('are none of a contract whose name only begins alike', async () => {
    expect(await erase('sell', false)).toBe(0);
    expect(await named()).toEqual({ 'orders.dead': 3, 'parcels.dead': 3 });
  });

  it('lose the key though the index marks them as gone in the same moment', async () => {
    let marked: Promise<unknown> | null = null;
    const erased = await erase('billing', false, (tx) => ({
      ...tx,
      async query<Row>(text: string, values?: readonly unknown[]) {
        const rows = await tx.query<Row>(text, values);
        if (marked === null) {
          marked = pool.query(`UPDATE dead_letter SET gone = true WHERE topic = 'orders.dead'`);
          await Promise.race([marked, sleep(500)]);
        }
        return rows;
      },
    }));
    await marked;
    expect(erased).toBe(3);
    expect(await named()).toEqual({ 'parcels.dead': 3 });
    const { rows } = await pool.query(`SELECT count(*)::int AS count FROM dead_letter WHERE gone`);
    expect(rows).toEqual([{ count: 3 }]);
  });
});
