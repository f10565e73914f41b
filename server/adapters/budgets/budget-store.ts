import type {
  AlertRow,
  BudgetStore,
  Series,
  SpendRow,
  WatchedContract,
} from '../../application/ports/budget-store.ts';
import { endExclusion, exclude, exclusion, exclusions } from './exclusions.ts';
import { rollUp, sweep } from './roll-up.ts';
import { sums } from './sums.ts';

/** Budgets in Reprise's own database. */
export const budgetStore: BudgetStore = {
  watched: (tx) =>
    tx.query<WatchedContract>(
      `SELECT DISTINCT ON (contract_id) contract_id AS "contractId", version,
         coalesce(description->>'title', contract_id) AS title,
         coalesce(ARRAY(SELECT jsonb_array_elements_text(description->'derivedStates')), '{}') AS "derivedStates",
         CASE WHEN jsonb_typeof(description->'watch'->'counted') = 'array'
           THEN ARRAY(SELECT jsonb_array_elements_text(description->'watch'->'counted')) END AS counted,
         description->'watch'->'budgets' AS budgets,
         coalesce(jsonb_typeof(description->'watch'->'sent') = 'object', false) AS "hasOutbox",
         coalesce(jsonb_typeof(description->'watch'->'saga') = 'object', false) AS "hasSaga"
       FROM contract_version v
       WHERE NOT EXISTS (SELECT FROM contract_file f WHERE f.contract_id = v.contract_id AND f.gone_at IS NOT NULL)
       ORDER BY contract_id, version DESC`,
    ),

  // From one budget to the next by the key: reading every tick to tell them apart would cost more with each day.
  series: (tx) =>
    tx.query<Series>(
      `WITH RECURSIVE each AS (
         (SELECT contract_id, indicator, subject FROM budget_tick ORDER BY 1, 2, 3 LIMIT 1)
         UNION ALL
         SELECT next.* FROM each, LATERAL (SELECT t.contract_id, t.indicator, t.subject FROM budget_tick t
           WHERE (t.contract_id, t.indicator, t.subject) > (each.contract_id, each.indicator, each.subject)
           ORDER BY 1, 2, 3 LIMIT 1) AS next)
       SELECT contract_id AS "contractId", indicator, subject,
         coalesce((SELECT s.first_at FROM budget_series s WHERE (s.contract_id, s.indicator, s.subject) =
           (each.contract_id, each.indicator, each.subject)), first.at) AS "firstAt", last.at AS "lastAt" FROM each,
         LATERAL (SELECT at FROM budget_tick t WHERE (t.contract_id, t.indicator, t.subject) =
           (each.contract_id, each.indicator, each.subject) ORDER BY at LIMIT 1) AS first,
         LATERAL (SELECT at FROM budget_tick t WHERE (t.contract_id, t.indicator, t.subject) =
           (each.contract_id, each.indicator, each.subject) ORDER BY at DESC LIMIT 1) AS last`,
    ),

  sums,

  spends: (tx, { contractId, indicator, subject }, { fromMs, toMs }, limit) =>
    tx.query<SpendRow>(
      `SELECT id, cause, amount::float8 AS amount, sentence, link, from_at AS "fromAt", to_at AS "toAt",
         taken_back_at AS "takenBackAt", taken_back_sentence AS "takenBackSentence"
       FROM budget_spend WHERE contract_id = $1 AND indicator = $2 AND subject = $3
         AND to_at >= to_timestamp($4::float8 / 1000) AND from_at < to_timestamp($5::float8 / 1000)
       ORDER BY to_at DESC, id DESC LIMIT $6`,
      [contractId, indicator, subject, fromMs, toMs, limit],
    ),

  exclusions,
  exclusion,
  exclude,
  endExclusion,

  alerts: (tx) =>
    tx.query<AlertRow>(
      `SELECT contract_id AS "contractId", indicator, subject, class, why, spent, since,
         (extract(epoch FROM told_at) * 1000)::float8 AS "atMs" FROM budget_alert
       ORDER BY contract_id, indicator, subject`,
    ),

  async tell(tx, { contractId, indicator, subject, class: ofClass, why, spent, since }) {
    await tx.query(
      `INSERT INTO budget_alert (contract_id, indicator, subject, class, why, spent, since, told_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())
       ON CONFLICT (contract_id, indicator, subject) DO UPDATE SET
         class = excluded.class, why = excluded.why, spent = excluded.spent, told_at = excluded.told_at`,
      [contractId, indicator, subject, ofClass, why, spent, since],
    );
  },

  async endAlert(tx, { contractId, indicator, subject }) {
    await tx.query('DELETE FROM budget_alert WHERE contract_id = $1 AND indicator = $2 AND subject = $3', [
      contractId,
      indicator,
      subject,
    ]);
  },

  rollUp,
  sweep,
};
