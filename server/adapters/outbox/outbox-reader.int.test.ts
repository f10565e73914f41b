import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openScratchStore, type ScratchStore } from '../scratch-store.ts';
import { openOutboxes } from './outbox-reader.ts';

let store: ScratchStore;
beforeAll(async () => {
  store = await openScratchStore(inject('databaseUrl'));
});
afterAll(() => store?.drop());

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
