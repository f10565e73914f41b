import type { Erasable, ErasureStore } from '../../application/ports/erasures.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { writtenForms } from './written-forms.ts';

type Row = { id: string; contract_id: string; blocked_by: string | null };

const ended = `(r.status IN ('finished', 'failed', 'cancelled') OR (r.status = 'refused' AND r.evidence_id IS NOT NULL))`;

/** What waits or runs on a replay; nothing is taken away from under it. The database asks the same again. */
const blockedBy = `(SELECT string_agg(what, ', ') FROM (
    SELECT format('promotion %s is %s', p.id, p.status) AS what FROM promotion p
    WHERE p.replay_id = r.id AND p.ended_at IS NULL
    UNION ALL
    SELECT format('replay %s is %s and goes on from it', g.id, g.status) FROM replay g
    WHERE g.status NOT IN ('finished', 'failed', 'cancelled', 'refused')
      AND g.plan::json #>> '{base,replayId}' = r.id::text
  ) AS waiting)`;

const toErasable = (row: Row): Erasable => ({
  replayId: row.id,
  contractId: row.contract_id,
  blockedBy: row.blocked_by,
});

async function replaysWhere(
  tx: Transaction,
  condition: string,
  values: readonly unknown[],
): Promise<readonly Erasable[]> {
  const rows = await tx.query<Row>(
    `SELECT r.id::text, r.contract_id, ${blockedBy} AS blocked_by FROM replay r
     WHERE ${ended} AND ${condition} ORDER BY r.requested_at, r.id`,
    values,
  );
  return rows.map(toErasable);
}

/** Whether one of the keys is written in a text; it is looked at closely afterwards. */
const written = (text: string) =>
  `EXISTS (SELECT FROM unnest($3::text[]) AS form WHERE position(form IN ${text}) > 0)`;

/** Rows of a key by their keys' indexes; texts by what is written in them. */
const naming = `
  SELECT d.replay_id FROM discrepancy d WHERE d.key = ANY ($2)
  UNION SELECT s.replay_id FROM of_contract r JOIN shadow_state s ON s.replay_id = r.id AND s.key = ANY ($2)
  UNION SELECT t.replay_id FROM of_contract r JOIN key_trace t ON t.replay_id = r.id AND t.key = ANY ($2)
  UNION SELECT f.replay_id FROM of_contract r JOIN replay_finding f ON f.replay_id = r.id
    WHERE f.key = ANY ($2) OR ${written('f.detail')} OR ${written('f.event_id')}
  UNION SELECT r.id FROM of_contract r
    WHERE ${written("concat_ws(E'\\n', r.reason, r.failure, r.cancel_reason, r.problem, r.scope::text)")} OR ${written('r.plan')}
  UNION SELECT c.replay_id FROM of_contract r JOIN replay_comparison c ON c.replay_id = r.id WHERE ${written('c.result::text')}
  UNION SELECT i.replay_id FROM of_contract r JOIN replay_invariant i ON i.replay_id = r.id WHERE ${written('i.result::text')}
  UNION SELECT p.replay_id FROM promotion_change c JOIN promotion p ON p.id = c.promotion_id WHERE c.key = ANY ($2)
  UNION SELECT p.replay_id FROM promotion p WHERE p.contract_id = $1
    AND ${written("concat_ws(E'\\n', p.reason, p.failure, p.problem, p.outcome::text)")}
  UNION SELECT e.replay_id FROM evidence_record e JOIN evidence_attachment a ON a.evidence_id = e.id
    WHERE e.contract_id = $1 AND a.name IN ('remarks', 'rows') AND ${written("convert_from(a.content, 'UTF8')")}
  UNION SELECT coalesce(p.replay_id, d.subject_id) FROM decision d LEFT JOIN promotion p ON p.id = d.subject_id
    WHERE d.contract_id = $1 AND ${written('d.reason')}
  UNION SELECT coalesce(p.replay_id, g.subject_id) FROM break_glass g LEFT JOIN promotion p ON p.id = g.subject_id
    WHERE g.contract_id = $1 AND ${written("concat_ws(E'\\n', g.first_reason, g.second_reason, g.conclusion)")}`;

export const replaysToErase: Pick<ErasureStore, 'olderThan' | 'mayHold' | 'running' | 'hasContract'> = {
  async hasContract(tx, contractId) {
    const rows = await tx.query('SELECT FROM contract_version WHERE contract_id = $1 LIMIT 1', [contractId]);
    if (rows.length > 0) return true;
    return (await tx.query('SELECT FROM replay WHERE contract_id = $1 LIMIT 1', [contractId])).length > 0;
  },

  olderThan: (tx, days, contractId) =>
    replaysWhere(
      tx,
      `coalesce(r.ended_at, r.updated_at) < now() - $1 * interval '1 day' AND ($2::text IS NULL OR r.contract_id = $2)
       AND NOT EXISTS (SELECT FROM erasure e WHERE e.replay_id = r.id AND e.kind = 'policy'
         AND NOT EXISTS (SELECT FROM evidence_record x WHERE x.replay_id = r.id AND x.recorded_at > e.erased_at
           AND x.recorded_at < now() - $1 * interval '1 day'
           AND NOT EXISTS (SELECT FROM erasure later WHERE later.replay_id = r.id AND later.kind = 'policy'
             AND later.erased_at > x.recorded_at)))
       AND NOT EXISTS (SELECT FROM promotion p WHERE p.replay_id = r.id AND p.ended_at >= now() - $1 * interval '1 day')`,
      [days, contractId],
    ),

  mayHold: (tx, contractId, keys) =>
    replaysWhere(
      tx,
      `r.contract_id = $1 AND r.id IN (WITH of_contract AS (SELECT * FROM replay WHERE contract_id = $1) ${naming})`,
      [contractId, [...keys], writtenForms(keys)],
    ),

  async running(tx, contractId) {
    const rows = await tx.query<{ id: string }>(
      `SELECT r.id::text FROM replay r WHERE r.contract_id = $1 AND NOT ${ended} ORDER BY r.requested_at`,
      [contractId],
    );
    return rows.map(({ id }) => id);
  },
};
