/** Corrections, as runbooks ask services for them (docs/contracts.md): what is asked, and who is let in. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { inTransaction } from './database.ts';
import type { Answer, Asked } from './serve.ts';

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
export type Correction = z.output<typeof asked>;

/** Books a correction in one transaction. Who asks twice at once waits, and then finds what the first one has booked. */
export async function takeCorrection(
  pool: pg.Pool,
  token: string,
  { method, url, authorization, body }: Asked,
  correct: (client: pg.ClientBase, correction: Correction) => Promise<Answer>,
): Promise<Answer> {
  if (url.pathname !== '/corrections') return refuse(404, 'corrections are taken at /corrections');
  if (!isLetIn(authorization ?? '', token)) return refuse(401, 'the token is missing or another one');
  if (method !== 'POST') return refuse(405, 'corrections are taken by POST');
  const parsed = asked.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(400, `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is not valid'}`);
  }
  return inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [parsed.data.eventId]);
    return correct(client, parsed.data);
  });
}

export const refuse = (status: number, problem: string): Answer => ({ status, body: { problem } });

function isLetIn(authorization: string, token: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(`Bearer ${token}`), digest(authorization));
}
