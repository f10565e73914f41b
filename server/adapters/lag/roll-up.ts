import type { Kept } from '../../application/ports/lag.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';

/** A sample may be written a moment after its time: a minute is over when nothing of it can come any more. */
const SETTLE_MS = 30_000;
/** What is rolled up at once: a worker that was away for days does it turn by turn. */
const AT_ONCE_HOURS = 48;
/** Deleted at once, so that no transaction grows with what has piled up. */
const DROPPED_AT_ONCE = 20_000;

type Level = {
  readonly seconds: 60 | 3600;
  readonly unit: 'minute' | 'hour';
  readonly mark: 'minutes_until' | 'hours_until';
  /** Rows of the finer level, each with the same columns. */
  readonly source: string;
};

const levels: readonly Level[] = [
  {
    seconds: 60,
    unit: 'minute',
    mark: 'minutes_until',
    source: `SELECT subject_id, at, 1 AS samples, total AS min_records, total AS max_records, worst_ms AS min_ms,
               worst_ms AS max_ms, records, age_ms FROM lag_sample`,
  },
  {
    seconds: 3600,
    unit: 'hour',
    mark: 'hours_until',
    source: `SELECT subject_id, at, samples, min_records, max_records, min_ms, max_ms, records, age_ms
             FROM lag_rollup WHERE seconds = 60`,
  },
];

/**
 * Samples into minutes, and minutes into hours, from where each subject stands. Of lag the most is what matters, and
 * the least says whether it was caught up in between; a mean would hide both. Where there was no sample there is no row.
 */
export async function rollUpTo(tx: Transaction, now: Date): Promise<void> {
  for (const { seconds, unit, mark, source } of levels) {
    const until = `date_trunc('${unit}', $1::timestamptz - $2::float8 * interval '1 ms')`;
    await tx.query(
      `WITH fine AS (${source}),
       -- Where a subject was rolled up to; at first, where its samples begin.
       due AS (
         SELECT s.id, greatest(s.${mark}, first.at) AS since,
           least(${until}, greatest(s.${mark}, first.at) + $3::int * interval '1 hour') AS until
         FROM lag_subject s
         CROSS JOIN LATERAL (
           SELECT date_trunc('${unit}', min(f.at)) AS at FROM fine f
           WHERE f.subject_id = s.id AND f.at >= coalesce(s.${mark}, '-infinity')) AS first
         WHERE first.at IS NOT NULL AND first.at < ${until}),
       rows AS (
         SELECT f.*, date_trunc('${unit}', f.at) AS begin
         FROM due JOIN fine f ON f.subject_id = due.id AND f.at >= due.since AND f.at < due.until),
       -- The most of each partition, as an array again.
       parts AS (
         SELECT subject_id, begin, array_agg(most_records ORDER BY place) AS records,
           array_agg(most_ms ORDER BY place) AS age_ms
         FROM (
           SELECT r.subject_id, r.begin, p.place, max(p.records) AS most_records, max(p.age_ms) AS most_ms
           FROM rows r CROSS JOIN LATERAL unnest(r.records, r.age_ms) WITH ORDINALITY AS p (records, age_ms, place)
           GROUP BY 1, 2, 3) AS by_partition
         GROUP BY 1, 2),
       kept AS (
         INSERT INTO lag_rollup
           (subject_id, seconds, at, samples, min_records, max_records, min_ms, max_ms, records, age_ms)
         SELECT r.subject_id, ${seconds}, r.begin, sum(r.samples), min(r.min_records), max(r.max_records),
           min(r.min_ms), max(r.max_ms), coalesce(any_value(p.records), '{}'), coalesce(any_value(p.age_ms), '{}')
         FROM rows r LEFT JOIN parts p ON p.subject_id = r.subject_id AND p.begin = r.begin
         GROUP BY r.subject_id, r.begin
         ON CONFLICT DO NOTHING)
       UPDATE lag_subject s SET ${mark} = due.until FROM due WHERE s.id = due.id`,
      [now, SETTLE_MS, AT_ONCE_HOURS],
    );
  }
}

/** Drops what has been kept long enough, and of the finer levels nothing that is not rolled up yet. */
export async function dropOld(
  tx: Transaction,
  now: Date,
  { sampleHours, minuteDays, hourDays }: Kept,
): Promise<{ readonly dropped: number }> {
  const before = (ms: number) => new Date(now.getTime() - ms);
  const hour = 3_600_000;
  const drop = async (table: string, condition: string, at: Date) => {
    const rows = await tx.query<{ dropped: number }>(
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT d.ctid FROM lag_subject s CROSS JOIN LATERAL (
             SELECT t.ctid FROM ${table} t WHERE t.subject_id = s.id AND t.at < $1 AND ${condition}
             ORDER BY t.at LIMIT 2000) AS d LIMIT ${DROPPED_AT_ONCE})) RETURNING 1)
       SELECT count(*)::int AS dropped FROM gone`,
      [at],
    );
    return rows[0]?.dropped ?? 0;
  };
  const samples = await drop('lag_sample', 't.at < s.minutes_until', before(sampleHours * hour));
  const minutes = await drop(
    'lag_rollup',
    't.seconds = 60 AND t.at < s.hours_until',
    before(minuteDays * 24 * hour),
  );
  const hours = await drop('lag_rollup', 't.seconds = 3600', before(hourDays * 24 * hour));
  return { dropped: samples + minutes + hours };
}
