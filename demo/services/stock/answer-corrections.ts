/** Corrections of stock, as runbooks ask for them (docs/contracts.md): booked and published like any other fact. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { inTransaction } from '../process/database.ts';
import type { Answer, Asked } from '../process/serve.ts';
import { ImpossibleFact, recordFacts } from './record-facts.ts';

const text = z.string().min(1).max(2_000);
const asked = z.object({
  eventId: z.uuid(),
  type: text,
  version: z.number().int(),
  key: text,
  occurredAt: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
  corrects: z.object({
    eventId: z.uuid(),
    originalValue: z.string().max(2_000),
    correctedValue: z.string().max(2_000),
    reason: text,
    correctedBy: text,
    ticket: text,
  }),
});
type Correction = z.output<typeof asked>;

const adjustment = z.strictObject({ change: z.number().int(), reason: z.string() });

export async function answerCorrection(
  pool: pg.Pool,
  token: string,
  { method, url, authorization, body }: Asked,
): Promise<Answer> {
  if (url.pathname !== '/corrections') return refuse(404, 'corrections are taken at /corrections');
  if (!isLetIn(authorization ?? '', token)) return refuse(401, 'the token is missing or another one');
  if (method !== 'POST') return refuse(405, 'corrections are taken by POST');
  const parsed = asked.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(400, `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is not valid'}`);
  }
  try {
    return await inTransaction(pool, (client) => correct(client, parsed.data));
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
  // Who asks twice at once waits here, and then finds what the first one has booked.
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [eventId]);
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

const refuse = (status: number, problem: string): Answer => ({ status, body: { problem } });

function isLetIn(authorization: string, token: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(`Bearer ${token}`), digest(authorization));
}
