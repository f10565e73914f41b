import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { publication } from '../../layout.ts';
import { storyDefaults, writeStockStory } from '../../story/stock-story.ts';
import { openScratch } from '../../testing/scratch.ts';
import { inTransaction } from '../process/database.ts';
import { feedStory } from './feed-story.ts';
import { loseFacts } from './lose-facts.ts';
import { publishAgain } from './record-facts.ts';

let scratch: Awaited<ReturnType<typeof openScratch>>;
const slot = `lose_${randomUUID().slice(0, 8)}`;

beforeAll(async () => {
  scratch = await openScratch(inject('databaseUrl'), 'shop');
  const dates = { startsAt: new Date('2026-03-02T06:00:00Z'), endsAt: new Date('2026-03-23T18:00:00Z') };
  await feedStory(scratch.pool, writeStockStory({ ...storyDefaults, ...dates, seed: '1' }).parts.before);
  await scratch.pool.query(`create publication ${publication} for table outbox with (publish = 'insert')`);
  await scratch.pool.query(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
});
afterAll(async () => {
  await scratch.pool.query('select pg_drop_replication_slot($1)', [slot]);
  await scratch.close();
});

/** What a connector that reads the slot is told of, as text. */
async function carried(): Promise<string> {
  const { rows } = await scratch.pool.query<{ data: string }>(
    `select encode(data, 'escape') as data
     from pg_logical_slot_get_binary_changes($1, null, null, 'proto_version', '1', 'publication_names', $2)`,
    [slot, publication],
  );
  return rows.map(({ data }) => data).join('\n');
}

const again = (ids: readonly string[]) => inTransaction(scratch.pool, (client) => publishAgain(client, ids));

it('leaves facts in the outbox that no connector is told of, and carries what is written before and after', async () => {
  const { rows } = await scratch.pool.query<{ id: string }>('select event_id as id from outbox limit 2');
  const [before = '', after = ''] = rows.map(({ id }) => id);
  await again([before]);
  const lost = await loseFacts(scratch.pool, 2);
  await again([after]);
  const told = await carried();
  expect(told).toContain(before);
  expect(told).toContain(after);
  for (const id of lost) expect(told).not.toContain(id);
  const kept = await scratch.pool.query('select from outbox where event_id = any($1::uuid[])', [lost]);
  expect(kept.rowCount).toBe(2);

  await again(lost);
  const late = await carried();
  for (const id of lost) expect(late).toContain(id);
});
