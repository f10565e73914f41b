import type { Erased, ErasureStore, Match } from '../../application/ports/erasures.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { type ErasedCounts, erasedParts, namesKey, valueNamesKey } from '../../domain/erasure/index.ts';
import { replaysToErase } from './find-replays.ts';
import { lettersBeside } from './letters.ts';
import { stepErasures } from './steps.ts';
import { contentNames, filterNames, textsOf } from './texts.ts';
import { writtenForms } from './written-forms.ts';

/** Rows by their key, in the order in which they are counted. */
const keyed = [
  ['states', 'shadow_state'],
  ['discrepancies', 'discrepancy'],
  ['traces', 'key_trace'],
] as const;

const keysOf = (match: Match) => (match === null ? null : [...match]);

/** Of findings those of a key, and those whose sentence or event's id names one; null: all. */
async function findingIds(
  tx: Transaction,
  replayId: string,
  match: Match,
): Promise<readonly string[] | null> {
  if (match === null) return null;
  const rows = await tx.query<{ id: string; key: string | null; texts: string[] }>(
    `SELECT id::text, key, ARRAY[detail, coalesce(event_id, '')] AS texts FROM replay_finding
     WHERE replay_id = $1 AND (key = ANY ($2) OR EXISTS (SELECT FROM unnest($3::text[]) AS form
       WHERE position(form IN detail) > 0 OR position(form IN event_id) > 0))`,
    [replayId, [...match], writtenForms(match)],
  );
  return rows
    .filter(
      ({ key, texts }) => (key !== null && match.has(key)) || texts.some((text) => namesKey(text, match)),
    )
    .map(({ id }) => id);
}

/** What stands beside the records of a replay, and of what stands on it, and may be erased. */
async function attachmentsOf(tx: Transaction, replayId: string, match: Match): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string; content: Buffer | null }>(
    `SELECT a.evidence_id || '/' || a.name AS id, CASE WHEN $2::text[] IS NOT NULL THEN a.content END AS content
     FROM evidence_record e JOIN evidence_attachment a ON a.evidence_id = e.id
     WHERE e.replay_id = $1 AND a.name IN ('remarks', 'rows')
       AND ($2::text[] IS NULL OR EXISTS (SELECT FROM unnest($2::text[]) AS form
         WHERE position(form IN convert_from(a.content, 'UTF8')) > 0))
     ORDER BY 1`,
    [replayId, match === null ? null : writtenForms(match)],
  );
  return rows
    .filter(({ content }) => match === null || content === null || contentNames(content.toString(), match))
    .map(({ id }) => id);
}

async function count(tx: Transaction, sql: string, values: readonly unknown[]): Promise<number> {
  const [row] = await tx.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${sql}`, values);
  return row?.count ?? 0;
}

/** Without this the rows would all come here, to be counted. */
const deleted = (tx: Transaction, sql: string, values: readonly unknown[]): Promise<number> =>
  tx
    .query<{ count: number }>(
      `WITH gone AS (DELETE FROM ${sql} RETURNING 1) SELECT count(*)::int AS count FROM gone`,
      values,
    )
    .then(([row]) => row?.count ?? 0);

type Take = (tx: Transaction, sql: string, values: readonly unknown[]) => Promise<number>;

/** Counts what there is, or deletes it and counts that. */
async function take(tx: Transaction, replayId: string, match: Match, each: Take): Promise<Erased> {
  const counts: Partial<Record<(typeof erasedParts)[number], number>> = {};
  for (const [part, table] of keyed)
    counts[part] = await each(
      tx,
      `${table} WHERE replay_id = $1 AND ($2::text[] IS NULL OR key = ANY ($2))`,
      [replayId, keysOf(match)],
    );
  counts.findings = await each(
    tx,
    'replay_finding WHERE replay_id = $1 AND ($2::bigint[] IS NULL OR id = ANY ($2))',
    [replayId, await findingIds(tx, replayId, match)],
  );
  // Which ids were seen of a key can't be told from their digests.
  if (match === null) counts.seenBlocks = await each(tx, 'seen_block WHERE replay_id = $1', [replayId]);
  const ofPromotions = `promotion_change c WHERE c.promotion_id IN (SELECT p.id FROM promotion p WHERE p.replay_id = $1)
    AND ($2::text[] IS NULL OR c.key = ANY ($2))`;
  const promotions = await tx.query<{ id: string }>(
    `SELECT DISTINCT c.promotion_id::text AS id FROM ${ofPromotions} ORDER BY 1`,
    [replayId, keysOf(match)],
  );
  counts.promotionRows = await each(tx, ofPromotions, [replayId, keysOf(match)]);
  const attachments = await attachmentsOf(tx, replayId, match);
  counts.attachments = await each(
    tx,
    `evidence_attachment WHERE evidence_id || '/' || name = ANY ($1)
    AND evidence_id = ANY ($2::uuid[])`,
    [attachments, attachments.map((id) => id.slice(0, 36))],
  );
  return { counts, promotions: promotions.map(({ id }) => id), attachments };
}

function withTexts(taken: Erased, texts: Awaited<ReturnType<typeof textsOf>>): Erased {
  const of = (part: 'words' | 'planKeys') =>
    texts.filter((each) => each.part === part).reduce((sum, each) => sum + each.count, 0);
  const all: ErasedCounts = { ...taken.counts, words: of('words'), planKeys: of('planKeys') };
  const counts = Object.fromEntries(
    erasedParts.map((part) => [part, all[part] ?? 0] as const).filter(([, each]) => each > 0),
  );
  return { ...taken, counts };
}

async function plansBeside(
  tx: Transaction,
  contractId: string | null,
  match: Match,
): Promise<readonly string[]> {
  const rows = await tx.query<{ hash: string; keys: string[] }>(
    `SELECT plan_hash AS hash, ARRAY(SELECT json_array_elements_text(coalesce(plan::json #> '{scope,keys}', '[]'))) AS keys
     FROM previewed_plan WHERE ($1::text IS NULL OR plan::json #>> '{contract,id}' = $1)
       AND ($2::boolean OR expires_at < now())`,
    [contractId, match !== null],
  );
  return rows
    .filter(({ keys }) => match === null || keys.some((key) => match.has(key)))
    .map(({ hash }) => hash);
}

/** A view without the key that it is about would silently find something else, so it goes as a whole. */
async function viewsBeside(tx: Transaction, match: Match): Promise<readonly string[]> {
  if (match === null) return [];
  const rows = await tx.query<{ id: string; name: string; query: string }>(
    'SELECT id::text, name, query FROM saved_view',
  );
  return rows
    .filter(({ name, query }) => namesKey(name, match) || filterNames(query, match))
    .map(({ id }) => id);
}

/** Sagas are of no replay; by age they stay, since without the ids they have seen a repeated event would begin one anew. */
async function sagasBeside(
  tx: Transaction,
  contractId: string | null,
  match: Match,
  each: Take,
): Promise<number> {
  if (match === null) return 0;
  const values = [contractId, [...match]];
  const events = await each(
    tx,
    'saga_event WHERE contract_id = $1 AND (key = ANY ($2) OR event_id = ANY ($2))',
    values,
  );
  return events + (await each(tx, 'saga_run WHERE contract_id = $1 AND key = ANY ($2)', values));
}

export const erasureStore: ErasureStore = {
  ...replaysToErase,
  ...stepErasures,

  async owner(tx) {
    const [row] = await tx.query<{ role: string; owner: string | null; may: boolean | null }>(
      `SELECT current_user::text AS role, pg_get_userbyid(c.relowner)::text AS owner,
         pg_has_role(current_user, c.relowner, 'USAGE') AS may
       FROM (SELECT to_regclass('public.erasure') AS oid) t LEFT JOIN pg_class c ON c.oid = t.oid`,
    );
    const { role = '', owner = null, may = null } = row ?? {};
    if (owner === null)
      return {
        role,
        whyNot: 'The database is of an earlier Reprise: run "npm run -s reprise -- migrate" first.',
      };
    const whyNot = `Only the owner of Reprise's tables erases, which is ${owner}, and not ${role}: name the owner's address.`;
    return { role, whyNot: may ? null : whyNot };
  },

  find: async (tx, replayId, match) =>
    withTexts(await take(tx, replayId, match, count), await textsOf(tx, replayId, match)),

  async begin(tx, erasure) {
    await tx.query(
      `INSERT INTO erasure (id, run_id, kind, contract_id, replay_id, older_than_days, reason, erased_by, salt, key_hashes,
         counts, unusable, promotions, attachments)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '{}', true, '{}', '{}')`,
      [
        erasure.id,
        erasure.runId,
        erasure.kind,
        erasure.contractId,
        erasure.replayId,
        erasure.olderThanDays,
        erasure.reason,
        erasure.erasedBy,
        Buffer.from(erasure.salt),
        erasure.keyHashes,
      ],
    );
  },

  async erase(tx, replayId, match) {
    const texts = await textsOf(tx, replayId, match);
    const taken = await take(tx, replayId, match, deleted);
    for (const { sql, values } of texts) await tx.query(sql, values);
    return withTexts(taken, texts);
  },

  async note(tx, id, { counts, unusable, promotions, attachments }) {
    await tx.query(
      'UPDATE erasure SET counts = $2, unusable = $3, promotions = $4, attachments = $5 WHERE id = $1',
      [id, JSON.stringify(counts), unusable, promotions, attachments],
    );
  },

  async eraseBeside(tx, contractId, match, dryRun) {
    const each: Take = dryRun ? count : deleted;
    const plans = await plansBeside(tx, contractId, match);
    const views = await viewsBeside(tx, match);
    return {
      previewedPlans: await each(tx, 'previewed_plan WHERE plan_hash = ANY ($1)', [plans]),
      savedViews: await each(tx, 'saved_view WHERE id = ANY ($1::uuid[])', [views]),
      sagas: await sagasBeside(tx, contractId, match, each),
      deadLetters: await lettersBeside(tx, contractId, match, dryRun),
    };
  },

  async auditNaming(tx, keys) {
    const rows = await tx.query<{ detail: unknown }>(
      `SELECT detail FROM audit_entry WHERE EXISTS (SELECT FROM unnest($1::text[]) AS form WHERE position(form IN detail::text) > 0)`,
      [writtenForms(keys)],
    );
    return rows.filter(({ detail }) => valueNamesKey(detail, keys)).length;
  },
};
