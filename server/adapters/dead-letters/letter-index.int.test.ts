import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { LetterOwner } from '../../application/ports/dead-letters.ts';
import { createMigratedDatabase, withoutRules } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { letterIndex } from './letter-index.ts';

let scratch: Awaited<ReturnType<typeof createMigratedDatabase>>;
let owner: pg.Pool;
/** As the role that Reprise runs by. */
let runner: pg.Pool;

beforeAll(async () => {
  scratch = await createMigratedDatabase(inject('databaseUrl'));
  owner = new pg.Pool({ connectionString: scratch.ownerUrl, max: 4 });
  runner = new pg.Pool({ connectionString: scratch.url, max: 4 });
  for (const each of [owner, runner]) each.on('error', () => undefined);
});
afterAll(async () => {
  await Promise.all([owner.end(), runner.end()]);
  await scratch.drop();
});

const redriveId = randomUUID();
const bills = { contractId: 'billing', state: 'bills' };
const ledger = { contractId: 'billing', state: 'ledger' };

/** Three of one event and one of another; of the first a redrive was asked for, and the last came after its end. */
beforeEach(async () => {
  await owner.query('TRUNCATE dead_letter, dead_letter_group, dead_letter_topic, dead_letter_cursor');
  await owner.query(
    `INSERT INTO dead_letter_topic (topic, contract_id, state, others, identity)
     VALUES ('orders.dead', 'billing', 'bills', '{billing/ledger}', 'one')`,
  );
  await owner.query(
    `INSERT INTO dead_letter_cursor (topic, partition, next, start, owner_next) VALUES ('orders.dead', 0, 5, 0, 0)`,
  );
  await owner.query(
    `INSERT INTO dead_letter_group (topic, group_id, exception, shape, letters, first_at, last_at)
     VALUES ('orders.dead', 'group', 'refused', '', 4, now(), now())`,
  );
  // Those of higher offsets stand first in the table.
  await owner.query(
    `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, event_id, at, contract_id, state, indexed_at)
     VALUES ('orders.dead', 'one', 0, 4, 'group', 'event-1', now(), NULL, NULL, now() + interval '1 hour'),
       ('orders.dead', 'one', 0, 3, 'group', 'event-2', now(), NULL, NULL, now() - interval '1 hour'),
       ('orders.dead', 'one', 0, 2, 'group', 'event-1', now(), NULL, NULL, now() - interval '1 hour'),
       ('orders.dead', 'one', 0, 1, 'group', 'event-1', now(), 'billing', 'bills', now() - interval '1 hour')`,
  );
  await ruleless(
    `DELETE FROM redrive_letter; DELETE FROM redrive_tally; DELETE FROM redrive;
     INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters, per_second,
       requested_by, reason, status)
     VALUES ('${redriveId}', 'billing', 'bills', 'orders.dead', 'one', 'orders', '{}', repeat('0', 64), 1, 1, 'olga', 'x', 'running');
     INSERT INTO redrive_letter (redrive_id, number, topic, partition, "offset", event_id, status, sent_partition, sent_offset, sent_at)
     VALUES ('${redriveId}', 1, 'orders.dead', 0, 1, 'event-1', 'sent', 0, 7, now())`,
  );
});

async function ruleless(statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: withoutRules(scratch) });
  await client.connect();
  await client.query(statements);
  await client.end();
}

const REPROCESSED = `UPDATE redrive_letter SET status = 'reprocessed', ended_at = now()`;

/** With the letters in the order opposite to that of their places. */
const own = (letters: Readonly<Record<string, LetterOwner | null>>, settings = '') =>
  createUnitOfWork(runner).run(async (tx) => {
    await tx.query(settings);
    return letterIndex.own(tx, {
      ...{ topic: 'orders.dead', identity: 'one', partition: 0, from: 0n, next: null },
      letters: Object.entries(letters)
        .map(([offset, parkedBy]) => ({ offset, parkedBy }))
        .toReversed(),
    });
  });

async function settled(): Promise<unknown> {
  const { rows } = await owner.query(
    'SELECT "offset"::int FROM dead_letter WHERE reprocessed ORDER BY "offset"',
  );
  const { rows: groups } = await owner.query('SELECT reprocessed FROM dead_letter_group');
  return { letters: rows.map(({ offset }) => offset), counted: groups[0]?.reprocessed };
}

const waiters = async () =>
  (
    await owner.query(
      'SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = $1',
      ['Lock'],
    )
  ).rowCount;

describe('letters of a partition that ends before what was indexed of it', () => {
  const cutOff = (next: bigint, end: bigint) =>
    createUnitOfWork(runner).run((tx) =>
      letterIndex.cutOff(tx, { topic: 'orders.dead', identity: 'one', partition: 0, next, end }),
    );
  const letters = async () =>
    (
      await owner.query(
        `SELECT "offset"::int, gone, identity = 'one' AS here FROM dead_letter ORDER BY "offset", here`,
      )
    ).rows;

  it('are gone and counted once, and make way for others at their places', async () => {
    await owner.query(REPROCESSED);
    await owner.query('UPDATE dead_letter SET gone = true WHERE "offset" = 3');
    await owner.query('UPDATE dead_letter_group SET gone = 1');
    await cutOff(5n, 1n);
    const { rows } = await owner.query(
      `SELECT g.letters, g.gone, g.reprocessed, c.next::int, c.owner_next::int, t.cut::int, t.cut_at IS NOT NULL AS told
       FROM dead_letter_group g JOIN dead_letter_cursor c USING (topic) JOIN dead_letter_topic t USING (topic)`,
    );
    expect(rows).toEqual([
      { letters: 4, gone: 4, reprocessed: 0, next: 1, owner_next: 0, cut: 4, told: true },
    ]);
    await owner.query(
      `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, at) VALUES ('orders.dead', 'one', 0, 1, 'group', now())`,
    );
    expect(await letters()).toEqual([
      { offset: 1, gone: true, here: false },
      { offset: 1, gone: false, here: true },
      ...[2, 3, 4].map((offset) => ({ offset, gone: true, here: false })),
    ]);
  });

  it('are left alone where another worker has gone on', async () => {
    await expect(cutOff(4n, 1n)).rejects.toMatchObject({ code: 'lease-lost' });
    expect((await letters()).every(({ gone }) => !gone)).toBe(true);
  });
});

describe('letters of a topic whose identity comes back, as that of a cluster that is named again', () => {
  const letter = (offset: number, eventId: string, at: Date) => ({
    ...{ offset: String(offset), groupId: 'group', exception: 'refused', shape: '', eventId, cause: null },
    ...{ partition: 0, at, origin: null, redriveId: null, parkedBy: null },
  });
  const read = (identity: string, letters: readonly ReturnType<typeof letter>[]) =>
    createUnitOfWork(runner).run(async (tx) => {
      const at = { topic: 'orders.dead', identity, partition: 0, from: null, start: 0n, next: 5n };
      await letterIndex.begin(tx, 'orders.dead', identity);
      await letterIndex.keep(tx, { ...at, missed: 0n, letters });
    });

  it('stand again as they were counted, and others at their places beside them', async () => {
    await owner.query(REPROCESSED);
    await owner.query('UPDATE dead_letter SET event_id = NULL WHERE "offset" = 3');
    const { rows } = await owner.query<{ at: Date }>('SELECT at FROM dead_letter');
    const at = rows[0]?.at ?? new Date();
    await read('two', [letter(1, 'event-9', at)]);
    await read(
      'one',
      [1, 2, 3, 4].map((offset) =>
        letter(offset, offset === 4 ? 'event-8' : offset === 3 ? 'event-2' : 'event-1', at),
      ),
    );
    const { rows: letters } = await owner.query(
      `SELECT "offset"::int, event_id, gone, reprocessed, identity = 'one' AS here FROM dead_letter ORDER BY here, "offset", event_id`,
    );
    const stands = { gone: false, reprocessed: false, here: true };
    const gone = { gone: true, reprocessed: false, here: false };
    expect(letters).toEqual([
      { offset: 1, event_id: 'event-9', ...gone },
      { offset: 4, event_id: 'event-1', ...gone },
      { offset: 1, event_id: 'event-1', ...stands, reprocessed: true },
      { offset: 2, event_id: 'event-1', ...stands },
      // What was erased stays so.
      { offset: 3, event_id: null, ...stands },
      { offset: 4, event_id: 'event-8', ...stands },
    ]);
    const { rows: groups } = await owner.query('SELECT letters, gone, reprocessed FROM dead_letter_group');
    expect(groups).toEqual([{ letters: 6, gone: 2, reprocessed: 1 }]);
  });
});

describe('letters of which it is told anew whose they are', () => {
  it('are settled by what was reprocessed of their event until then, for the state that they are of', async () => {
    await owner.query(REPROCESSED);
    expect(await settled()).toEqual({ letters: [1], counted: 1 });
    expect(await own({ 1: bills, 2: bills, 3: bills, 4: bills })).toBe(3);
    expect(await settled()).toEqual({ letters: [1, 2], counted: 2 });
  });

  it('still stand where another state has parked them', async () => {
    await owner.query(REPROCESSED);
    expect(await own({ 1: bills, 2: ledger, 3: null, 4: null })).toBe(1);
    expect(await settled()).toEqual({ letters: [1], counted: 1 });
  });

  it('that are gone are not counted again', async () => {
    await owner.query(REPROCESSED);
    await owner.query('UPDATE dead_letter SET gone = true WHERE "offset" = 2');
    await own({ 2: bills });
    expect(await settled()).toEqual({ letters: [1, 2], counted: 1 });
  });

  it.each(['owner', 'redrive'])(
    'are settled where both happen at once, and the %s is first',
    async (first) => {
      const client = await owner.connect();
      try {
        await client.query('BEGIN');
        let other: Promise<unknown>;
        if (first === 'redrive') {
          await client.query(REPROCESSED);
          other = own({ 2: bills });
        } else {
          await letterIndex.own(
            {
              query: async (text, values = []) => (await client.query(text, [...values])).rows,
              copyIn: async () => 0,
            },
            {
              topic: 'orders.dead',
              identity: 'one',
              partition: 0,
              from: 0n,
              next: null,
              letters: [{ offset: '2', parkedBy: bills }],
            },
          );
          other = owner.query(REPROCESSED);
        }
        await expect.poll(waiters).toBe(1);
        await client.query('COMMIT');
        await other;
      } finally {
        client.release();
      }
      expect(await settled()).toEqual({ letters: [1, 2], counted: 2 });
    },
  );

  it('are held in the order of their places, as whoever else changes several holds them', async () => {
    const client = await owner.connect();
    const hold = (offset: number) =>
      client.query('SELECT FROM dead_letter WHERE "offset" = $1 FOR UPDATE', [offset]);
    try {
      await client.query('BEGIN');
      await hold(2);
      const told = own({ 2: bills, 3: bills, 4: ledger }, 'SET LOCAL enable_indexscan = off');
      await expect.poll(waiters).toBe(1);
      await hold(3);
      await hold(4);
      await client.query('COMMIT');
      expect(await told).toBe(3);
    } finally {
      client.release();
    }
  });
});
