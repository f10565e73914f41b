import type { Match } from '../../application/ports/erasures.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { namesKey } from '../../domain/erasure/index.ts';
import { contentNames } from './texts.ts';
import { writtenForms } from './written-forms.ts';

/** Topics that a contract parks in, be it as the second of several. */
const topics = `SELECT topic FROM dead_letter_topic WHERE contract_id = $1
  OR EXISTS (SELECT FROM unnest(others) AS other WHERE starts_with(other, $1::text || '/'))`;
const ofTopic = `t.topic IN (${topics})`;
const ofRedrive = `t.redrive_id IN (SELECT id FROM redrive WHERE contract_id = $1 OR topic IN (${topics}))`;

/** Columns of words: where they stand, and what is there once they are gone. */
const texts = [
  { table: 'dead_letter', column: 'cause', where: ofTopic, erased: 'NULL' },
  { table: 'dead_letter', column: 'event_id', where: ofTopic, erased: 'NULL' },
  { table: 'dead_letter_group', column: 'shape', where: ofTopic, erased: `'erased'` },
  { table: 'dead_letter_group', column: 'exception', where: ofTopic, erased: `'erased'` },
  { table: 'redrive_letter', column: 'cause', where: ofRedrive, erased: 'NULL' },
  { table: 'redrive_letter', column: 'event_id', where: ofRedrive, erased: 'NULL' },
  { table: 'redrive_decision', column: 'reason', where: ofRedrive, erased: `'erased'` },
  { table: 'redrive_wait_end', column: 'reason', where: ofRedrive, erased: `'erased'` },
  { table: 'redrive', column: 'reason', where: `(t.contract_id = $1 OR ${ofTopic})`, erased: `'erased'` },
] as const;

/** Words and ids of dead letters that name a key. By age they stay: letters are of no replay. */
export async function lettersBeside(
  tx: Transaction,
  contractId: string | null,
  match: Match,
  dryRun: boolean,
): Promise<number> {
  if (match === null) return 0;
  let count = 0;
  for (const { table, column, where, erased } of texts) {
    // Held, so that whoever marks it as gone meanwhile does not put it elsewhere.
    const rows = await tx.query<{ row: string; text: string }>(
      `SELECT t.ctid::text AS row, t.${column} AS text FROM ${table} t WHERE ${where} AND EXISTS
         (SELECT FROM unnest($2::text[]) AS form WHERE position(form IN t.${column}) > 0)
       ${dryRun ? '' : 'FOR UPDATE OF t'}`,
      [contractId, writtenForms(match)],
    );
    const named = rows.filter(({ text }) => namesKey(text, match)).map(({ row }) => row);
    count += named.length;
    if (!dryRun && named.length > 0)
      await tx.query(`UPDATE ${table} SET ${column} = ${erased} WHERE ctid = ANY ($1::tid[])`, [named]);
  }
  return count + (await editsBeside(tx, contractId, match, dryRun));
}

/** Edited values may write a key with escapes, and there are few: all of them are read. */
async function editsBeside(
  tx: Transaction,
  contractId: string | null,
  match: NonNullable<Match>,
  dryRun: boolean,
): Promise<number> {
  const rows = await tx.query<{ id: string; key: string | null; texts: string[] }>(
    `SELECT e.redrive_id::text AS id, e.key,
       ARRAY[coalesce(e.value, ''), coalesce(e.original_event_id, ''), e.ticket] AS texts
     FROM redrive_edit e JOIN redrive r ON r.id = e.redrive_id 
     WHERE (r.contract_id = $1 OR r.topic IN (${topics})) AND e.value IS NOT NULL`,
    [contractId],
  );
  const named = rows.filter(
    ({ key, texts }) => (key !== null && match.has(key)) || texts.some((text) => contentNames(text, match)),
  );
  if (!dryRun && named.length > 0)
    await tx.query(
      `UPDATE redrive_edit SET value = NULL, salt = NULL, original_event_id = NULL, key = NULL, ticket = 'erased'
       WHERE redrive_id = ANY ($1::uuid[])`,
      [named.map(({ id }) => id)],
    );
  return named.length;
}
