import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { RedriveStatus } from '../../domain/dead-letters/index.ts';
import { createMigratedDatabase, withoutRules } from '../postgres/scratch-database.ts';
import { createUnitOfWork } from '../postgres/unit-of-work.ts';
import { redriveStore } from './redrive-store.ts';

let scratch: Awaited<ReturnType<typeof createMigratedDatabase>>;
let pool: pg.Pool;

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
    `INSERT INTO dead_letter_topic (topic, contract_id, state, others) VALUES ('orders.dead', 'billing', 'bills', '{}')`,
  );
  const client = new pg.Client({ connectionString: withoutRules(scratch) });
  await client.connect();
  await client.query(
    'DELETE FROM redrive_wait_end; DELETE FROM redrive_letter; DELETE FROM redrive_tally; DELETE FROM redrive',
  );
  await client.end();
});

const ask = <T>(work: (tx: Transaction) => Promise<T>) => createUnitOfWork(pool).run(work);

/** One of two letters, of which the first is what it is said to be, and the second waits. */
async function redriveOf(status: RedriveStatus, letter: 'sending' | 'sent' | 'awaited'): Promise<string> {
  const id = randomUUID();
  const client = new pg.Client({ connectionString: withoutRules(scratch) });
  await client.connect();
  await client.query(
    `INSERT INTO redrive (id, contract_id, state, topic, identity, target, frozen, hash, letters, per_second,
       requested_by, reason, status)
     VALUES ($1, 'billing', 'bills', 'orders.dead', 'one', 'orders', '{}', repeat('0', 64), 2, 1, 'olga', 'x', $2)`,
    [id, status],
  );
  await client.query(
    `INSERT INTO redrive_letter (redrive_id, number, topic, partition, "offset", event_id, status, sent_partition,
       sent_offset, sent_at, awaited)
     VALUES ($1, 1, 'orders.dead', 0, 1, 'event-1', $2, 0, 7, now() - interval '1 hour', $3),
       ($1, 2, 'orders.dead', 0, 2, 'event-2', 'waiting', NULL, NULL, NULL, false)`,
    [id, letter === 'awaited' ? 'unknown' : letter, letter === 'awaited'],
  );
  await client.end();
  return id;
}

describe('how long a consumer has stood still', () => {
  const look = (id: string, position: string) =>
    ask((tx) => redriveStore.noteSeen(tx, id, { '0': position }));
  const secondsPass = (id: string, seconds: number) =>
    pool.query(`UPDATE redrive SET looked_at = looked_at - $2 * interval '1 s' WHERE id = $1`, [id, seconds]);
  const stillMs = async (id: string) => (await ask((tx) => redriveStore.sent(tx, id)))[0]?.stillMs ?? -1;

  it('is what was looked at, however far apart looks are, and no more of what lies between two than a turn', async () => {
    const id = await redriveOf('running', 'sent');
    await look(id, '7/');
    for (let looks = 0; looks < 5; looks += 1) {
      await secondsPass(id, 20);
      await look(id, '7/');
    }
    expect(await stillMs(id)).toBeGreaterThan(60_000);
    expect(await stillMs(id)).toBeLessThan(80_000);
    await secondsPass(id, 3_600);
    await look(id, '7/');
    expect(await stillMs(id)).toBeLessThan(95_000);
  });

  it('begins anew once it has moved, and once another letter goes out', async () => {
    const id = await redriveOf('running', 'sent');
    await look(id, '7/');
    await secondsPass(id, 10);
    await look(id, '7/');
    expect(await stillMs(id)).toBeGreaterThan(9_000);
    await look(id, '8/');
    expect(await stillMs(id)).toBeLessThan(1_000);
    await secondsPass(id, 10);
    await look(id, '8/');
    await ask((tx) => redriveStore.markSending(tx, id, [2], {}));
    await ask((tx) => redriveStore.markSent(tx, id, [{ number: 2, partition: 0, offset: '8' }]));
    expect(await stillMs(id)).toBeLessThan(1_000);
  });
});

it('is still written down as the release before did, by its workers that run until they are replaced', async () => {
  const id = await redriveOf('running', 'sent');
  const client = new pg.Client({ connectionString: scratch.url });
  await client.connect();
  const { rows } = await client.query('UPDATE redrive SET seen_at = now() WHERE id = $1 RETURNING seen_at', [
    id,
  ]);
  await client.end();
  expect(rows).toEqual([{ seen_at: expect.any(Date) }]);
});

describe('whose turn it is', () => {
  const turns = () => ask((tx) => redriveStore.open(tx));

  it('is that of those that run, and then of a few of those that ended, by turns', async () => {
    const ended: string[] = [];
    for (let at = 0; at < 12; at += 1) ended.push(await redriveOf('cancelled', 'sent'));
    const running = await redriveOf('running', 'sending');
    const first = await turns();
    expect(first).toHaveLength(11);
    expect(first[0]).toBe(running);
    for (const id of first) await ask((tx) => redriveStore.takeUp(tx, id));
    const second = await turns();
    expect(second[0]).toBe(running);
    expect(second.slice(1, 3).toSorted()).toEqual(ended.filter((id) => !first.includes(id)).toSorted());
  });

  it('comes every ten seconds for what is only waited for', async () => {
    const id = await redriveOf('done', 'awaited');
    expect(await turns()).toEqual([id]);
    await ask((tx) => redriveStore.takeUp(tx, id));
    expect(await turns()).toEqual([]);
    await pool.query(`UPDATE redrive SET tried_at = tried_at - interval '11 s'`);
    expect(await turns()).toEqual([id]);
  });
});

describe('a letter that is given up', () => {
  const end = (id: string) =>
    ask((tx) => redriveStore.endWait(tx, id, { id: randomUUID(), personId: 'olga', reason: 'renamed' }));

  it('is waited for no more, by who ends the wait and for good', async () => {
    const id = await redriveOf('stopped', 'awaited');
    expect(await end(id)).toBe(1);
    expect(await end(id)).toBe(0);
    const [letter] = await ask((tx) => redriveStore.lettersOf(tx, id, 0, 1));
    expect(letter).toMatchObject({ status: 'unseen', isAwaited: false });
    expect(await ask((tx) => redriveStore.find(tx, id))).toMatchObject({
      awaited: 0,
      waitEnds: [{ personId: 'olga', letters: 1, reason: 'renamed' }],
    });
    await ask((tx) => redriveStore.settle(tx, id, [{ number: 1, status: 'reprocessed' }]));
    expect((await ask((tx) => redriveStore.lettersOf(tx, id, 0, 1)))[0]?.status).toBe('unseen');
    for (const change of [`status = 'reprocessed'`, `status = 'unknown', awaited = true`])
      await expect(
        pool.query(`UPDATE redrive_letter SET ${change} WHERE redrive_id = $1 AND number = 1`, [id]),
      ).rejects.toThrow('stays that');
    for (const act of ['DELETE FROM redrive_wait_end', 'UPDATE redrive_wait_end SET letters = 9'])
      await expect(pool.query(act)).rejects.toThrow();
  });

  it('is one that is waited for, and nobody gives it up without saying so', async () => {
    const id = await redriveOf('stopped', 'awaited');
    const set = `UPDATE redrive_letter SET status = 'unseen', awaited = false WHERE redrive_id = $1`;
    await expect(pool.query(`${set} AND number = 1`, [id])).rejects.toThrow('with a reason');
    await expect(pool.query(`${set} AND number = 2`, [id])).rejects.toThrow('with a reason');
    const sent = await redriveOf('cancelled', 'sent');
    expect(await end(sent)).toBe(0);
  });
});

describe('letters that are reprocessed', () => {
  it('are marked though the index marks one of them as gone in the same moment', async () => {
    await pool.query(
      `INSERT INTO dead_letter_group (topic, group_id, exception, shape, letters, gone, first_at, last_at)
       VALUES ('orders.dead', 'group', 'bad', '', 2, 0, now(), now())`,
    );
    await pool.query(
      `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, event_id, at)
       SELECT 'orders.dead', 'one', 0, n, 'group', 'event-1', now() FROM generate_series(1, 2) AS n`,
    );
    const id = await redriveOf('running', 'sent');
    const index = await pool.connect();
    await index.query('BEGIN');
    await index.query('UPDATE dead_letter SET gone = true WHERE "offset" = 1');
    const settled = ask((tx) => redriveStore.settle(tx, id, [{ number: 1, status: 'reprocessed' }]));
    await Promise.race([settled, sleep(500)]);
    await index.query('COMMIT');
    index.release();
    await settled;
    const { rows } = await pool.query(
      'SELECT "offset"::text, gone, reprocessed FROM dead_letter ORDER BY "offset"',
    );
    expect(rows).toEqual([
      { offset: '1', gone: true, reprocessed: true },
      { offset: '2', gone: false, reprocessed: true },
    ]);
  });
});
