/** Corrections of stock, as runbooks ask for them (docs/contracts.md): booked and published like any other fact. */
import type pg from 'pg';
import { z } from 'zod';
import type { Answer, Asked } from '../process/serve.ts';
import { type Correction, refuse, takeCorrection } from '../process/take-corrections.ts';
import { ImpossibleFact, recordFacts } from './record-facts.ts';

const adjustment = z.strictObject({ change: z.number().int(), reason: z.string() });

export async function answerCorrection(pool: pg.Pool, token: string, asked: Asked): Promise<Answer> {
  try {
    return await takeCorrection(pool, token, asked, correct);
  } catch (error) {
    if (error instanceof ImpossibleFact) return refuse(409, error.message);
    throw error;
  }
}

/** Business rows and outbox row in one transaction, once for each event id. */
async function correct(client: pg.ClientBase, correction: Correction): Promise<Answer> {
  const { eventId, type, version, key, occurredAt, corrects } = correction;
  if (type !== 'StockAdjusted' || version !== 1)
    return refuse(
      422,
      `stock is corrected by StockAdjusted, version 1: ${type}, version ${version}, says that something else has happened`,
    );
  const data = adjustment.safeParse(correction.data);
  if (!data.success)
    return refuse(422, 'the data of StockAdjusted is a whole number, change, and a text, reason');
  const known = await client.query<{ isSame: boolean }>(
    `select aggregateid = $2 and event_type = $3 and payload = $4::jsonb as "isSame"
     from outbox where event_id = $1 limit 1`,
    [eventId, key, type, JSON.stringify({ ...data.data, corrects })],
  );
  const [row] = known.rows;
  if (row !== undefined && !row.isSame) return refuse(409, `event ${eventId} is another one already`);
  if (row !== undefined) return { status: 200, body: { eventId, already: true } };
  const original = await client.query('select from stock_movements where event_id = $1 and sku = $2', [
    corrects.eventId,
    key,
  ]);
  if (original.rowCount === 0)
    return refuse(422, `no event ${corrects.eventId} of ${key} was ever booked, so nothing is corrected`);
  await recordFacts(client, [
    { type: 'StockAdjusted', version: 1, data: data.data, eventId, sku: key, occurredAt, corrects },
  ]);
  return { status: 201, body: { eventId, already: false } };
}
