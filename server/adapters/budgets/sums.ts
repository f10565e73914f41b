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

/** A tick that a border cuts counts by the part of it that is within: a minute, or an hour of what is older. */
async function sumSpans(tx: Transaction, spans: readonly SumAsked[]): Promise<readonly Raw[]> {
  if (spans.length === 0) return [];
  return tx.query<Raw>(
    `SELECT coalesce(t.total, 0) AS total, coalesce(t.bad, 0) AS bad, coalesce(t.unknown, 0) AS unknown,
       t.count > 0 AS "isMeasured"
     FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[])
       WITH ORDINALITY AS a(contract_id, indicator, subject, from_ms, to_ms, n)
     CROSS JOIN LATERAL (SELECT to_timestamp(a.from_ms / 1000) AS "from", to_timestamp(a.to_ms / 1000) AS "to",
       to_timestamp(a.to_ms / 1000) - interval '1 hour' AS sure) AS s
     CROSS JOIN LATERAL (
       SELECT sum(total * part) AS total, sum(bad * part) AS bad, sum(unknown * part) AS unknown, count(*) AS count
       FROM (
         SELECT total::float8, bad::float8, unknown::float8,
           CASE WHEN at >= s."from" AND at <= s.sure THEN 1::float8
             ELSE extract(epoch FROM least(s."to", at + seconds * interval '1 second') - greatest(s."from", at))::float8
               / seconds END AS part
         FROM budget_tick
         WHERE contract_id = a.contract_id AND indicator = a.indicator AND subject = a.subject
           AND at < s."to" AND at > s."from" - interval '1 hour'
           AND (at >= s."from" OR at > s."from" - seconds * interval '1 second')
       ) AS tick
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
