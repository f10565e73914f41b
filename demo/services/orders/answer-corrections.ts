/** Corrections of orders, as runbooks ask for them (docs/contracts.md): a refund that failed, and was made by hand. */
import type pg from 'pg';
import { z } from 'zod';
import type { Random } from '../../story/random.ts';
import type { Answer, Asked } from '../process/serve.ts';
import { type Correction, refuse, takeCorrection } from '../process/take-corrections.ts';
import { drawStepMs } from './answer-writes.ts';
import { recordRefund } from './record-facts.ts';

const refund = z.strictObject({ amountCents: z.number().int().positive() });

export const answerCorrection = (
  pool: pg.Pool,
  random: Random,
  token: string,
  asked: Asked,
): Promise<Answer> =>
  takeCorrection(pool, token, asked, (client, correction) => correct(client, correction, drawStepMs(random)));

/** The order's row and its outbox row, once for each event id. Its other steps are undone by the service itself then. */
async function correct(client: pg.ClientBase, correction: Correction, nextInMs: number): Promise<Answer> {
  const { eventId, type, version, key, corrects } = correction;
  if (type !== 'PaymentRefunded' || version !== 1)
    return refuse(
      422,
      `an order is corrected by PaymentRefunded, version 1: ${type}, version ${version}, says that something else has happened`,
    );
  const data = refund.safeParse(correction.data);
  if (!data.success) return refuse(422, 'the data of PaymentRefunded is a whole number above 0, amountCents');
  const { amountCents } = data.data;
  const known = await client.query<{ isSame: boolean }>(
    `select aggregateid = $2 and event_type = $3 and payload = $4::jsonb as "isSame"
     from order_outbox where event_id = $1`,
    [eventId, key, type, JSON.stringify({ amountCents, corrects })],
  );
  const [row] = known.rows;
  if (row !== undefined && !row.isSame) return refuse(409, `event ${eventId} is another one already`);
  if (row !== undefined) return { status: 200, body: { eventId, already: true } };
  const original = await client.query<{ amountCents: number }>(
    `select (payload->>'amountCents')::integer as "amountCents" from order_outbox
     where event_id = $1 and aggregateid = $2 and event_type = 'PaymentRefundFailed'`,
    [corrects.eventId, key],
  );
  const [failed] = original.rows;
  if (failed === undefined)
    return refuse(422, `no event ${corrects.eventId} says that a refund of ${key} failed`);
  if (failed.amountCents !== amountCents)
    return refuse(422, `${key} is owed ${failed.amountCents} cents, and not ${amountCents}`);
  if (!(await recordRefund(client, key, { eventId, occurredAt: correction.occurredAt, corrects }, nextInMs)))
    return refuse(409, `nothing is owed to ${key} any more`);
  return { status: 201, body: { eventId, already: false } };
}
