import type { BudgetStore } from '../../application/ports/budget-store.ts';

/**
 * In one statement, so that no sum is without either for a moment. Hours are those of the contract's time zone, of which
 * some lie a quarter off: so no month begins within one. A minute that is counted late gives its hour more next time.
 */
export const rollUp: BudgetStore['rollUp'] = async (tx, beforeMs, zones) => {
  const [row] = await tx.query<{ count: number }>(
    `WITH zone AS (
       SELECT contract_id, time_zone FROM unnest($2::text[], $3::text[]) AS z(contract_id, time_zone)),
     gone AS (
       DELETE FROM budget_tick t USING zone z
       WHERE t.contract_id = z.contract_id AND t.seconds = 60
         AND date_trunc('hour', t.at, z.time_zone) + interval '1 hour' <= to_timestamp($1::float8 / 1000)
         AND NOT EXISTS (SELECT FROM budget_exclusion e WHERE e.contract_id = t.contract_id
           AND e.from_at < date_trunc('hour', t.at, z.time_zone) + interval '1 hour'
           AND e.to_at > date_trunc('hour', t.at, z.time_zone))
       RETURNING t.contract_id, t.indicator, t.subject, date_trunc('hour', t.at, z.time_zone) AS at,
         t.total, t.bad, t.unknown),
     kept AS (
       INSERT INTO budget_tick AS h (contract_id, indicator, subject, at, seconds, total, bad, unknown)
       SELECT contract_id, indicator, subject, at, 3600, sum(total)::bigint, sum(bad)::bigint, sum(unknown)::bigint
       FROM gone GROUP BY contract_id, indicator, subject, at ORDER BY contract_id, indicator, subject, at
       ON CONFLICT (contract_id, indicator, subject, at, seconds) DO UPDATE SET
         total = h.total + excluded.total, bad = h.bad + excluded.bad, unknown = h.unknown + excluded.unknown)
     SELECT count(*)::int AS count FROM gone`,
    [beforeMs, zones.map(({ contractId }) => contractId), zones.map(({ timeZone }) => timeZone)],
  );
  return row?.count ?? 0;
};

export const sweep: BudgetStore['sweep'] = async (tx, beforeMs) => {
  await tx.query('DELETE FROM budget_tick WHERE at < to_timestamp($1::float8 / 1000)', [beforeMs]);
  await tx.query('DELETE FROM budget_spend WHERE to_at < to_timestamp($1::float8 / 1000)', [beforeMs]);
};
