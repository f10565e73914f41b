import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { somebodyWaits } from '../../../demo/testing/locks.ts';
import { openScratchStore, type ScratchStore } from '../scratch-store.ts';
import { openOutboxes } from './outbox-reader.ts';

let store: ScratchStore;
beforeAll(async () => {
  store = await openScratchStore(inject('databaseUrl'));
});
afterAll(() => store?.drop());

it.each([
  ['took too long is one that can not be told', 'cancel', null],
  ['was broken off is no answer', 'terminate', { code: 'history-unavailable', lasting: false }],
])('a search by id that %s', async (_, ends, refused) => {
  const sent = { connection: 'store', table: 'slow', id: 'event_id', at: 'created_at', position: 'position' };
  await store.owner.query(
    'CREATE TABLE IF NOT EXISTS slow (position bigint, event_id text, created_at timestamptz)',
  );
  await store.grant();
  const holder = await store.owner.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE slow');
    const asked = openOutboxes(store.connect)
      .rowsOf(sent, ['a'])
      .catch((error: unknown) => error);
    await somebodyWaits(store.owner);
    // As its time-out ends it, by the same SQLSTATE.
    await store.owner.query(
      `SELECT pg_${ends}_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (refused === null) expect(await asked).toBeNull();
    else expect(await asked).toMatchObject(refused);
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
});

it.each([
  ['text', ['a'], ['a']],
  ['uuid', ['00000000-0000-0000-0000-00000000000a'], ['00000000-0000-0000-0000-00000000000a']],
  ['integer', ['7'], ['7', '999999999999999999', 'x']],
  ['numeric', ['7.50'], ['7.50', 'x']],
  ['char(3)', ['abc'], ['abc', 'abcd']],
])(
  'a search by ids of %s has the rows of those that it holds, and refuses none',
  async (type, held, asked) => {
    const sent = {
      connection: 'store',
      table: 'typed',
      id: 'event_id',
      at: 'created_at',
      position: 'position',
    };
    await store.owner.query(
      `DROP TABLE IF EXISTS typed; CREATE TABLE typed (position bigint, event_id ${type}, created_at timestamptz)`,
    );
    for (const id of held)
      await store.owner.query('INSERT INTO typed VALUES (1, $1, now()), (2, $1, now())', [id]);
    await store.grant();
    const found = await openOutboxes(store.connect).rowsOf(sent, [...asked, 'nul\0']);
    expect(found).toEqual(new Map(held.map((id) => [id, 2])));
  },
);

it('refuses an outbox of which a policy hides rows, since no loss among them would be found', async () => {
  const outbox = {
    connection: 'store',
    table: 'outbox',
    id: 'event_id',
    at: 'created_at',
    position: 'position',
  };
  await store.owner.query(`
    CREATE TABLE outbox (position bigint PRIMARY KEY, event_id text NOT NULL, created_at timestamptz NOT NULL);
    INSERT INTO outbox VALUES (1, 'a', now()), (2, 'b', now())`);
  await store.grant();
  expect(await openOutboxes(store.connect).begin(outbox)).toMatchObject({ top: 2n });
  await store.owner.query(`
    CREATE POLICY few ON outbox USING (event_id <> 'b');
    ALTER TABLE outbox ENABLE ROW LEVEL SECURITY`);
  const said = { code: 'history-unavailable', lasting: true, message: expect.stringContaining('BYPASSRLS') };
  await expect(openOutboxes(store.connect).begin(outbox)).rejects.toMatchObject(said);
  await expect(openOutboxes(store.connect).rowsOf(outbox, ['b'])).rejects.toMatchObject(said);
});
