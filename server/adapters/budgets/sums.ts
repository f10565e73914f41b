import type { SumAsked, Summed } from '../../application/ports/budget-store.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

/**
 * Sums up ticks over stretches of time. A tick that a border cuts counts by the part of it that is within: minutes at
 * the edge of a look-back, and hours of what is older. Excluded time is taken out of the sums and summed up for itself.
 */
export async function sums(tx: Transaction, asked: readonly SumAsked[]): Promise<readonly Summed[]> {
  if (asked.length === 0) return [];
  const excluded = asked.flatMap((each, n) => each.excluded.map((span) => ({ n, ...span })));
  const rows = await tx.query<Summed & { readonly n: number }>(
    `WITH asked AS (
       SELECT n::int - 1 AS n, contract_id, indicator, subject,
         to_timestamp(from_ms / 1000) AS "from", to_timestamp(to_ms / 1000) AS "to"
       FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[])
         WITH ORDINALITY AS a(contract_id, indicator, subject, from_ms, to_ms, n)),
     excluded AS (
       SELECT a.n, greatest(a."from", to_timestamp(e.from_ms / 1000)) AS "from",
         least(a."to", to_timestamp(e.to_ms / 1000)) AS "to"
       FROM unnest($6::int[], $7::float8[], $8::float8[]) AS e(n, from_ms, to_ms) JOIN asked a USING (n)
       WHERE to_timestamp(e.from_ms / 1000) < a."to" AND to_timestamp(e.to_ms / 1000) > a."from")
     SELECT a.n, coalesce(sum(t.total * p.kept), 0)::float8 AS total, coalesce(sum(t.bad * p.kept), 0)::float8 AS bad,
       coalesce(sum(t.unknown * p.kept), 0)::float8 AS unknown,
       coalesce(sum(t.bad * p.out), 0)::float8 AS "excludedBad",
       coalesce((SELECT sum(extract(epoch FROM e."to" - e."from") * 1000) FROM excluded e WHERE e.n = a.n), 0)::float8
         AS "excludedMs",
       count(t.at) > 0 AS "isMeasured"
     FROM asked a
     LEFT JOIN LATERAL (
       SELECT at, at + make_interval(secs => seconds) AS "end", seconds, total, bad, unknown FROM budget_tick
       WHERE contract_id = a.contract_id AND indicator = a.indicator AND subject = a.subject
         AND at < a."to" AND at > a."from" - interval '1 hour' AND at + make_interval(secs => seconds) > a."from"
     ) AS t ON true
     LEFT JOIN LATERAL (
       SELECT coalesce(sum(extract(epoch FROM least(e."to", t."end") - greatest(e."from", t.at))::float8), 0)
         / t.seconds AS out
       FROM excluded e WHERE e.n = a.n AND e."from" < t."end" AND e."to" > t.at
     ) AS x ON true
     LEFT JOIN LATERAL (
       SELECT x.out, extract(epoch FROM least(a."to", t."end") - greatest(a."from", t.at))::float8 / t.seconds - x.out
         AS kept
     ) AS p ON true
     GROUP BY a.n, a."from", a."to" ORDER BY a.n`,
    [
      asked.map(({ contractId }) => contractId),
      asked.map(({ indicator }) => indicator),
      asked.map(({ subject }) => subject),
      asked.map(({ fromMs }) => fromMs),
      asked.map(({ toMs }) => toMs),
      excluded.map(({ n }) => n),
      excluded.map(({ fromMs }) => fromMs),
      excluded.map(({ toMs }) => toMs),
    ],
  );
  return rows.map(({ n: _n, ...summed }) => summed);
}
