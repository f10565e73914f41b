import type { BudgetMeter, Reading, Spend } from '../../application/ports/budget-meter.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { splitAmount, splitReading, whyNoReading } from '../../domain/budget/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';

/** What the same cause spends within so long after it spent last is the same thing going on. */
const GOES_ON_MINUTES = 15;

/**
 * Counts in Reprise's own database. A reading is counted in the transaction that keeps what it was measured from, so
 * that it is counted once exactly if that is kept once; it has no identity of its own, and given twice it counts twice.
 * Rows are taken in one order, so that those who count at once wait for each other and don't lock each other out.
 */
export const budgetMeter: BudgetMeter = {
  async count(tx, readings) {
    if (readings.length === 0) return;
    for (const reading of readings) refuseUncountable(reading);
    await begin(tx, readings);
    await addTicks(tx, readings.flatMap(ticksOf));
    for (const reading of readings) await addSpends(tx, reading);
  },

  async takeBack(tx, { contractId, indicator, subject, cause, sentence }) {
    const gone = await tx.query<{ id: string }>(
      `UPDATE budget_spend SET taken_back_at = clock_timestamp(), taken_back_sentence = $5
       WHERE contract_id = $1 AND indicator = $2 AND subject = $3 AND cause = $4 AND taken_back_at IS NULL
       RETURNING id`,
      [contractId, indicator, subject, cause, sentence],
    );
    if (gone.length === 0) return;
    // The minute may be part of an hour by now: then what is taken back stands beside it until both are one again.
    await tx.query(
      `INSERT INTO budget_tick AS t (contract_id, indicator, subject, at, seconds, total, bad, unknown)
       SELECT $1, $2, $3, at, 60, 0, -sum(amount)::bigint, 0 FROM budget_spend_tick WHERE spend_id = ANY ($4::uuid[])
       GROUP BY at ORDER BY at
       ON CONFLICT (contract_id, indicator, subject, at, seconds) DO UPDATE SET bad = t.bad + excluded.bad`,
      [contractId, indicator, subject, gone.map(({ id }) => id)],
    );
  },
};

function refuseUncountable(reading: Reading): void {
  const { contractId, indicator, subject, from, to, spends } = reading;
  const spent = spends.reduce((sum, { amount }) => sum + Math.round(amount), 0);
  const why =
    whyNoReading(from.getTime(), to.getTime(), reading) ??
    (spends.some(({ amount }) => !(amount >= 0)) ? 'one of its spends is no amount' : null) ??
    (spent > Math.round(reading.bad) ? `its spends are ${spent}, and ${reading.bad} are bad` : null);
  if (why === null) return;
  const name = [contractId, indicator, subject].filter((part) => part !== '').join(' ');
  throw new RepriseError('internal', `A reading of ${name} can't be counted: ${why}.`, { where: name });
}

type Row = { readonly reading: Reading; readonly atMs: number; total: number; bad: number; unknown: number };

/**
 * Each spend is split for itself, and what is bad beside them as well, so that a minute holds exactly what each spend
 * put into it.
 */
function ticksOf(reading: Reading): readonly Row[] {
  const [fromMs, toMs] = [reading.from.getTime(), reading.to.getTime()];
  const spends = byCause(reading.spends).map(({ amount }) => amount);
  const bad = Math.round(reading.bad) - spends.reduce((sum, amount) => sum + amount, 0);
  const total = Math.round(reading.total) - Math.round(reading.bad) + bad;
  const rows = new Map(
    splitReading(fromMs, toMs, { total, bad, unknown: Math.round(reading.unknown) }).map(
      (tick): [number, Row] => [tick.atMs, { reading, ...tick }],
    ),
  );
  for (const amount of spends)
    for (const part of splitAmount(fromMs, toMs, amount)) {
      const row = rows.get(part.atMs);
      if (row === undefined) continue;
      row.bad += part.amount;
      row.total += part.amount;
    }
  return [...rows.values()];
}

/** A tick begins with its minute; the first measurement may not. Locks nothing but where a budget begins. */
async function begin(tx: Transaction, readings: readonly Reading[]): Promise<void> {
  await tx.query(
    `INSERT INTO budget_series AS s (contract_id, indicator, subject, first_at)
     SELECT contract_id, indicator, subject, min(at)
     FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS r(contract_id, indicator, subject, at)
     WHERE NOT EXISTS (SELECT FROM budget_series k WHERE (k.contract_id, k.indicator, k.subject) =
       (r.contract_id, r.indicator, r.subject) AND k.first_at <= r.at)
     GROUP BY contract_id, indicator, subject ORDER BY contract_id, indicator, subject
     ON CONFLICT (contract_id, indicator, subject) DO UPDATE SET first_at = least(s.first_at, excluded.first_at)`,
    [
      readings.map(({ contractId }) => contractId),
      readings.map(({ indicator }) => indicator),
      readings.map(({ subject }) => subject),
      readings.map(({ from }) => from),
    ],
  );
}

/** One statement for all of them. Readings of the same minute are summed up first: a row is changed once. */
async function addTicks(tx: Transaction, rows: readonly Row[]): Promise<void> {
  await tx.query(
    `INSERT INTO budget_tick AS t (contract_id, indicator, subject, at, seconds, total, bad, unknown)
     SELECT contract_id, indicator, subject, to_timestamp(at / 1000.0), 60,
       sum(total)::bigint, sum(bad)::bigint, sum(unknown)::bigint
     FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
       AS r(contract_id, indicator, subject, at, total, bad, unknown)
     GROUP BY contract_id, indicator, subject, at ORDER BY contract_id, indicator, subject, at
     ON CONFLICT (contract_id, indicator, subject, at, seconds) DO UPDATE SET
       total = t.total + excluded.total, bad = t.bad + excluded.bad, unknown = t.unknown + excluded.unknown`,
    [
      rows.map(({ reading }) => reading.contractId),
      rows.map(({ reading }) => reading.indicator),
      rows.map(({ reading }) => reading.subject),
      rows.map(({ atMs }) => atMs),
      rows.map(({ total }) => total),
      rows.map(({ bad }) => bad),
      rows.map(({ unknown }) => unknown),
    ],
  );
}

/**
 * The row of the same cause grows where it goes on; else there is a new one. The ticks that were counted before are
 * locked, so that two who count for one subject and minute see each other's.
 */
async function addSpends(tx: Transaction, reading: Reading): Promise<void> {
  const spends = byCause(reading.spends);
  if (spends.length === 0) return;
  const { contractId, indicator, subject, from, to } = reading;
  const valuesOf = (some: readonly Spend[]) => [
    contractId,
    indicator,
    subject,
    from,
    to,
    some.map(({ cause }) => cause),
    some.map(({ amount }) => amount),
    some.map(({ sentence }) => sentence),
    some.map(({ link }) => JSON.stringify(link)),
  ];
  const given =
    'unnest($6::text[], $7::bigint[], $8::text[], $9::jsonb[]) AS g(cause, amount, sentence, link)';
  const grown = await tx.query<Kept>(
    `UPDATE budget_spend s SET amount = s.amount + g.amount, sentence = g.sentence, link = g.link,
       to_at = greatest(s.to_at, $5)
     FROM ${given}
     WHERE s.taken_back_at IS NULL AND s.id = (SELECT o.id FROM budget_spend o
       WHERE o.contract_id = $1 AND o.indicator = $2 AND o.subject = $3 AND o.cause = g.cause
         AND o.taken_back_at IS NULL AND o.from_at <= $4
         AND o.to_at >= $4::timestamptz - make_interval(mins => ${GOES_ON_MINUTES})
       ORDER BY o.to_at DESC LIMIT 1)
     RETURNING s.id, s.cause`,
    valuesOf(spends),
  );
  const known = new Set(grown.map(({ cause }) => cause));
  const begun = await tx.query<Kept>(
    `INSERT INTO budget_spend (contract_id, indicator, subject, from_at, to_at, cause, amount, sentence, link)
     SELECT $1, $2, $3, $4, $5, g.* FROM ${given} RETURNING id, cause`,
    valuesOf(spends.filter(({ cause }) => !known.has(cause))),
  );
  const idOf = new Map([...grown, ...begun].map(({ id, cause }) => [cause, id]));
  const parts = spends.flatMap(({ cause, amount }) =>
    splitAmount(from.getTime(), to.getTime(), amount).map((part) => ({ ...part, id: idOf.get(cause) })),
  );
  await tx.query(
    `INSERT INTO budget_spend_tick AS t (spend_id, at, amount)
     SELECT id, to_timestamp(at / 1000.0), amount FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS p(id, at, amount)
     ON CONFLICT (spend_id, at) DO UPDATE SET amount = t.amount + excluded.amount`,
    [parts.map(({ id }) => id), parts.map(({ atMs }) => atMs), parts.map(({ amount }) => amount)],
  );
}

type Kept = { readonly id: string; readonly cause: string };

/** A reading may name a cause twice; the later words stay. */
function byCause(spends: readonly Spend[]): readonly Spend[] {
  const found = new Map<string, Spend>();
  for (const spend of spends) {
    const amount = Math.round(spend.amount) + (found.get(spend.cause)?.amount ?? 0);
    if (amount > 0) found.set(spend.cause, { ...spend, amount });
  }
  return [...found.values()];
}
