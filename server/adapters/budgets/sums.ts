import type { SumAsked, Summed } from '../../application/ports/budget-store.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { lengthOf, type Span } from '../../domain/budget/index.ts';

type Raw = {
  readonly total: number;
  readonly bad: number;
  readonly unknown: number;
  readonly isMeasured: boolean;
};

/**
 * Sums up ticks over stretches of time. Excluded spans don't touch each other, so that what is in them is summed up for
 * itself and taken off: that keeps the statement one over the rows of a key, whatever is excluded.
 */
export async function sums(tx: Transaction, asked: readonly SumAsked[]): Promise<readonly Summed[]> {
  const wanted = asked.map((each) => ({ each, out: each.excluded.flatMap((span) => within(span, each)) }));
  const spans = wanted.flatMap(({ each, out }) => [each, ...out.map((span) => ({ ...each, ...span }))]);
  const raw = await sumSpans(tx, spans);
  let at = 0;
  return wanted.map(({ out }) => {
    const whole = raw[at] ?? nothing;
    const excluded = out.map((_, n) => raw[at + 1 + n] ?? nothing);
    at += 1 + out.length;
    const excludedBad = add(excluded, 'bad');
    return {
      total: whole.total - add(excluded, 'total'),
      bad: whole.bad - excludedBad,
      unknown: whole.unknown - add(excluded, 'unknown'),
      excludedBad,
      excludedMs: out.reduce((sum, span) => sum + lengthOf(span), 0),
      isMeasured: whole.isMeasured,
    };
  });
}

const nothing: Raw = { total: 0, bad: 0, unknown: 0, isMeasured: false };
const add = (all: readonly Raw[], of: 'total' | 'bad' | 'unknown') =>
  all.reduce((sum, each) => sum + each[of], 0);

function within(span: Span, { fromMs, toMs }: Span): readonly Span[] {
  const clipped = { fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs) };
  return clipped.toMs > clipped.fromMs ? [clipped] : [];
}

/**
 * A tick that a border cuts counts by the part of it that is within: a minute, or an hour of what is older. Minutes are
 * read at the two ends of a span, and between them the hours of UTC that a trigger keeps of them: a look-back of three
 * days is some 130 rows and not 4,320.
 */
async function sumSpans(tx: Transaction, spans: readonly SumAsked[]): Promise<readonly Raw[]> {
  if (spans.length === 0) return [];
  return tx.query<Raw>(
    `SELECT coalesce(t.total, 0) AS total, coalesce(t.bad, 0) AS bad, coalesce(t.unknown, 0) AS unknown,
       coalesce(t.count, 0) > 0 AS "isMeasured"
     FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[])
       WITH ORDINALITY AS a(contract_id, indicator, subject, from_ms, to_ms, n)
     CROSS JOIN LATERAL (SELECT to_timestamp(a.from_ms / 1000) AS "from", to_timestamp(a.to_ms / 1000) AS "to",
       to_timestamp(ceil(a.from_ms / 3600000) * 3600) AS first_hour,
       to_timestamp(floor(a.to_ms / 3600000) * 3600) AS last_hour) AS e
     -- Where no whole hour lies between, the minutes at its ends are all of its minutes.
     CROSS JOIN LATERAL (SELECT e."from", e."to",
       CASE WHEN e.first_hour < e.last_hour THEN e.first_hour ELSE e."to" END AS until,
       CASE WHEN e.first_hour < e.last_hour THEN e.last_hour ELSE e."to" END AS again) AS s
     CROSS JOIN LATERAL (
       SELECT sum(total) AS total, sum(bad) AS bad, sum(unknown) AS unknown, sum(count) AS count
       FROM (
         SELECT sum(total)::float8 AS total, sum(bad)::float8 AS bad, sum(unknown)::float8 AS unknown,
           count(*) AS count
         FROM budget_hour WHERE contract_id = a.contract_id AND indicator = a.indicator AND subject = a.subject
           AND at >= s.until AND at < s.again
         UNION ALL ${part('60', `(at > s."from" - interval '1 minute' AND at < s.until)`)}
         UNION ALL ${part('60', `(at >= s.again AND at < s."to")`)}
         UNION ALL ${part('3600', `at > s."from" - interval '1 hour' AND at < s."to"`)}
       ) AS parts
     ) AS t
     ORDER BY a.n`,
    [
      spans.map(({ contractId }) => contractId),
      spans.map(({ indicator }) => indicator),
      spans.map(({ subject }) => subject),
      spans.map(({ fromMs }) => fromMs),
      spans.map(({ toMs }) => toMs),
    ],
  );
}

/** Ticks of so many seconds that begin there, each by the part of it that is within the span. */
const part = (seconds: '60' | '3600', where: string) =>
  `SELECT sum(total * part) AS total, sum(bad * part) AS bad, sum(unknown * part) AS unknown, count(*) AS count
   FROM (
     SELECT total::float8, bad::float8, unknown::float8,
       CASE WHEN at >= s."from" AND at <= s."to" - interval '${seconds} s' THEN 1::float8
         ELSE extract(epoch FROM least(s."to", at + interval '${seconds} s') - greatest(s."from", at))::float8
           / ${seconds} END AS part
     FROM budget_tick
     WHERE contract_id = a.contract_id AND indicator = a.indicator AND subject = a.subject
       AND seconds = ${seconds} AND ${where}
   ) AS tick`;
