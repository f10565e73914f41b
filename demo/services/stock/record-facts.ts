/** The one way by which anything happens to stock: seeded history and live traffic both go through here. */
import type pg from 'pg';
import {
  changeOf,
  isPossible,
  noStock,
  type Stock,
  type StockFact,
  stockAfter,
} from '../../story/stock-facts.ts';

export class ImpossibleFact extends Error {
  override readonly name = 'ImpossibleFact';
}

/**
 * Writes facts with their business rows and their outbox rows, in the caller's transaction: either all of it
 * is true, or none of it was ever said.
 * @throws ImpossibleFact when the stock, as it is now, does not allow one of them.
 */
export async function recordFacts(client: pg.ClientBase, facts: readonly StockFact[]): Promise<void> {
  for (const fact of facts) await recordFact(client, fact);
}

async function recordFact(client: pg.ClientBase, fact: StockFact): Promise<void> {
  const before = await lockStock(client, fact.sku);
  const change = changeOf(fact, before);
  const after = stockAfter(before, change);
  if (!isPossible(after)) {
    throw new ImpossibleFact(
      `${fact.type} can't happen to ${fact.sku}: ${after.onHand} on hand, ${after.reserved} reserved`,
    );
  }
  const version = before.version + 1;
  // One statement, so one round trip: stock, its movement, and the outbox row of the same transaction.
  await client.query(writeFact, [
    fact.sku,
    after.onHand,
    after.reserved,
    version,
    fact.eventId,
    fact.type,
    change.onHand,
    change.reserved,
    change.reference,
    fact.occurredAt,
    fact.version,
    JSON.stringify(fact.corrects === undefined ? fact.data : { ...fact.data, corrects: fact.corrects }),
  ]);
}

async function lockStock(client: pg.ClientBase, sku: string): Promise<Stock & { version: number }> {
  const { rows } = await client.query<{ on_hand: number; reserved: number; version: number }>(
    'select on_hand, reserved, version from stock where sku = $1 for update',
    [sku],
  );
  const [row] = rows;
  if (row === undefined) return { ...noStock, version: 0 };
  return { onHand: row.on_hand, reserved: row.reserved, version: row.version };
}

const writeFact = `
  with kept as (
    insert into stock (sku, on_hand, reserved, version) values ($1, $2, $3, $4)
    on conflict (sku) do update
      set on_hand = excluded.on_hand, reserved = excluded.reserved, version = excluded.version
  ), moved as (
    insert into stock_movements (event_id, sku, fact, on_hand_change, reserved_change, reference, occurred_at)
    values ($5, $1, $6, $7, $8, $9, $10)
  )
  insert into outbox (event_id, aggregatetype, aggregateid, event_type, event_version, sequence, payload,
                      occurred_at, record_time)
  values ($5, 'inventory', $1, $6, $11, $4, $12::jsonb, $10, $10::timestamptz at time zone 'utc')`;

/**
 * What a producer does that had no answer in time: the same events are published once more, under the same ids.
 * The facts themselves are not recorded again.
 * @returns the number of rows published
 */
export async function publishAgain(client: pg.ClientBase, eventIds: readonly string[]): Promise<number> {
  const { rowCount } = await client.query(
    `insert into outbox (event_id, aggregatetype, aggregateid, event_type, event_version, sequence, payload,
                         occurred_at, record_time)
     select event_id, aggregatetype, aggregateid, event_type, event_version, sequence, payload,
            occurred_at, record_time
     from outbox
     where publication in (select min(publication) from outbox where event_id = any($1::uuid[]) group by event_id)
     order by publication`,
    [eventIds],
  );
  return rowCount ?? 0;
}
