import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { stateFolder } from '../actions/traffic.ts';

/** Asks the shop's own database, as whoever owns it would, for one text. */
async function ask(statement: string, values: readonly unknown[] = []): Promise<string> {
  const { shopUrl } = JSON.parse(await readFile(join(stateFolder(), 'demo.json'), 'utf8'));
  const client = new pg.Client({ connectionString: shopUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: string }>(statement, [...values]);
    return rows[0]?.answer ?? '';
  } finally {
    await client.end();
  }
}

/** Takes units away from one row of what the selling engine keeps, as a hand in its database would. Answers its SKU. */
export const takeFromSelling = (units: number): Promise<string> =>
  ask(
    `UPDATE selling_state SET quantity = quantity - $1
     WHERE sku = (SELECT min(sku) FROM selling_state) RETURNING sku AS answer`,
    [units],
  );

/** The SKU that the newest row of the outbox is about. */
export const newestSku = (): Promise<string> =>
  ask('SELECT aggregateid AS answer FROM outbox ORDER BY publication DESC LIMIT 1');
