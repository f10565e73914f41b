import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { stateFolder } from '../actions/traffic.ts';

/** Asks a database of the demo, as whoever owns it would, for one text. */
async function ask(
  statement: string,
  values: readonly unknown[] = [],
  database: 'shopUrl' | 'bankUrl' = 'shopUrl',
): Promise<string> {
  const urls = JSON.parse(await readFile(join(stateFolder(), 'demo.json'), 'utf8'));
  const client = new pg.Client({ connectionString: urls[database] });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: string }>(statement, [...values]);
    return rows[0]?.answer ?? '';
  } finally {
    await client.end();
  }
}

/** Takes units away from one row of what a read model keeps, as a hand in its database would. Answers its SKU. */
export const takeFrom = (state: 'selling' | 'warehouse', units: number): Promise<string> =>
  ask(
    `UPDATE ${state}_state SET quantity = quantity - $1
     WHERE sku = (SELECT min(sku) FROM ${state}_state) RETURNING sku AS answer`,
    [units],
  );

/** Empties what warehouse keeps, and what it has seen, in one transaction, as the runbook says. */
export const emptyWarehouse = (): Promise<string> =>
  ask(`DO $$ BEGIN
    TRUNCATE warehouse_state;
    DELETE FROM applied_positions WHERE projector = 'warehouse';
    DELETE FROM processed_events WHERE projector = 'warehouse';
  END $$`);

/** The newest fact of an order, as `{ type, eventId, amountCents }`. */
export const newestFactOf = async (
  order: string,
): Promise<{ type: string; eventId: string; amountCents: string | null }> =>
  JSON.parse(
    await ask(
      `SELECT json_build_object('type', event_type, 'eventId', event_id, 'amountCents', payload->>'amountCents')::text
         AS answer FROM order_outbox WHERE aggregateid = $1 ORDER BY publication DESC LIMIT 1`,
      [order],
    ),
  );

/** An account whose holder has a key still. */
export const rememberedAccount = (): Promise<string> =>
  ask('SELECT min(account) AS answer FROM account_events JOIN subject_keys USING (subject)', [], 'bankUrl');

/** How many events are of holders who have none any more. */
export const forgottenEvents = async (): Promise<number> =>
  Number(
    await ask(
      `SELECT count(*) AS answer FROM account_events AS e
       WHERE subject IS NOT NULL AND NOT EXISTS (SELECT FROM subject_keys AS k WHERE k.subject = e.subject)`,
      [],
      'bankUrl',
    ),
  );

/** The SKU that the newest row of the outbox is about. */
export const newestSku = (): Promise<string> =>
  ask('SELECT aggregateid AS answer FROM outbox ORDER BY publication DESC LIMIT 1');
