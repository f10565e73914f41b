import type { Match } from '../../application/ports/erasures.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { namesKey } from '../../domain/erasure/index.ts';
import { contentNames } from './texts.ts';
import { writtenForms } from './written-forms.ts';

/** A column of words: where it stands, and what is there once they are gone. */
const texts = [
  {
    from: 'dead_letter t JOIN dead_letter_topic w ON w.topic = t.topic AND w.contract_id = $1',
    table: 'dead_letter',
    column: 'cause',
    erased: 'NULL',
  },
  {
    from: 'dead_letter t JOIN dead_letter_topic w ON w.topic = t.topic AND w.contract_id = $1',
    table: 'dead_letter',
    column: 'event_id',
    erased: 'NULL',
  },
  {
    from: 'dead_letter_group t JOIN dead_letter_topic w ON w.topic = t.topic AND w.contract_id = $1',
    table: 'dead_letter_group',
    column: 'shape',
    erased: `'erased'`,
  },
  {
    from: 'dead_letter_group t JOIN dead_letter_topic w ON w.topic = t.topic AND w.contract_id = $1',
    table: 'dead_letter_group',
    column: 'exception',
    erased: `'erased'`,
  },
  {
    from: 'redrive_letter t JOIN redrive w ON w.id = t.redrive_id AND w.contract_id = $1',
    table: 'redrive_letter',
    column: 'cause',
    erased: 'NULL',
  },
  {
    from: 'redrive_letter t JOIN redrive w ON w.id = t.redrive_id AND w.contract_id = $1',
    table: 'redrive_letter',
    column: 'event_id',
    erased: 'NULL',
  },
  {
    from: 'redrive_decision t JOIN redrive w ON w.id = t.redrive_id AND w.contract_id = $1',
    table: 'redrive_decision',
    column: 'reason',
    erased: `'erased'`,
  },
  { from: 'redrive t WHERE t.contract_id = $1 AND', table: 'redrive', column: 'reason', erased: `'erased'` },
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
  for (const { from, table, column, erased } of texts) {
    const where = from.includes(' WHERE ') ? from : `${from} WHERE`;
    const rows = await tx.query<{ row: string; text: string }>(
      `SELECT t.ctid::text AS row, t.${column} AS text FROM ${where} EXISTS
         (SELECT FROM unnest($2::text[]) AS form WHERE position(form IN t.${column}) > 0)`,
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
     FROM redrive_edit e JOIN redrive r ON r.id = e.redrive_id WHERE r.contract_id = $1 AND e.value IS NOT NULL`,
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
