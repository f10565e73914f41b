import type { KeptSample, LagStore, LetGo, SubjectRow } from '../../application/ports/lag.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { LagSample, LagVerdict, PartitionLag, Waiting } from '../../domain/lag/index.ts';
import { totalLag } from '../../domain/lag/index.ts';
import { dropOld, rollUpTo } from './roll-up.ts';

type PartitionJson = {
  readonly partition: number;
  readonly committed: string | null;
  readonly end: string | null;
  readonly next: string | null;
  readonly records: string | null;
  readonly ageMs: number | null;
};
type WaitingJson = {
  readonly partition: number;
  readonly committed: string | null;
  readonly sinceMs: number | null;
  readonly toldOffset: string | null;
};
type Row = {
  readonly id: number;
  readonly contractId: string;
  readonly kind: 'group' | 'state';
  readonly name: string;
  readonly sampledAt: Date | null;
  readonly partitions: readonly PartitionJson[];
  readonly waiting: readonly WaitingJson[];
  readonly movedAt: Date | null;
  readonly overSince: Date | null;
  readonly verdict: LagVerdict;
  readonly verdictSince: Date | null;
};

const toBigint = (text: string | null) => (text === null ? null : BigInt(text));

/** Partitions as they stand in the database's JSON. */
export function toPartitions(json: readonly PartitionJson[]): readonly PartitionLag[] {
  return json.map(({ partition, committed, end, next, records, ageMs }) => ({
    partition,
    committed: toBigint(committed),
    end: toBigint(end),
    next: toBigint(next),
    records: toBigint(records),
    ageMs,
  }));
}

function toSubject(row: Row): SubjectRow {
  const waiting = row.waiting.map(
    ({ partition, committed, sinceMs, toldOffset }): Waiting => ({
      partition,
      committed: toBigint(committed),
      sinceMs,
      toldOffset: toBigint(toldOffset),
    }),
  );
  return { ...row, partitions: toPartitions(row.partitions), waiting };
}

const asText = (value: unknown) =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));

/** Arrays go in as JSON: one statement for all samples of a pass, whatever their number. */
const arrayOf = (name: string) =>
  `ARRAY(SELECT each::bigint FROM jsonb_array_elements_text(s->'${name}') WITH ORDINALITY AS e (each, at) ORDER BY e.at)`;

type LetGoRow = Omit<LetGo, 'offset'> & { readonly offset: string };

/** What stood in `was` before it was let go: rows of lag_subject. */
const toldOf = `SELECT contract_id AS "contractId", name, topic, (w->>'partition')::int AS partition, w->>'toldOffset' AS "offset"
  FROM was, jsonb_array_elements(was.waiting) AS w WHERE w->>'toldOffset' IS NOT NULL ORDER BY contract_id, name, partition`;

const toLetGo = (row: LetGoRow): LetGo => ({ ...row, offset: BigInt(row.offset) });

/** Samples and roll-ups of lag, in Reprise's own database. */
export const lagStore: LagStore = {
  async letGo(tx, contractId, names, topic) {
    const kinds = names.map(({ kind }) => kind);
    const texts = names.map(({ name }) => name);
    const rows = await tx.query<LetGoRow>(
      `WITH was AS (
         SELECT id, contract_id, name, topic, waiting FROM lag_subject
         WHERE contract_id = $1 AND retired_at IS NULL
           AND (topic <> $4 OR (kind, name) NOT IN (SELECT * FROM unnest($2::text[], $3::text[])))
         FOR UPDATE
       ), let_go AS (
         UPDATE lag_subject s SET waiting = '[]' FROM was WHERE s.id = was.id
       )
       ${toldOf}`,
      [contractId, kinds, texts, topic],
    );
    return rows.map(toLetGo);
  },

  async letGoOfAbsent(tx, present) {
    const rows = await tx.query<LetGoRow>(
      `WITH was AS (
         SELECT id, contract_id, name, topic, waiting FROM lag_subject
         WHERE contract_id <> ALL ($1::text[]) AND retired_at IS NULL
           AND waiting @? '$[*] ? (@.toldOffset != null)'
         FOR UPDATE
       ), let_go AS (
         UPDATE lag_subject s SET waiting = '[]' FROM was WHERE s.id = was.id
       )
       ${toldOf}`,
      [present],
    );
    return rows.map(toLetGo);
  },

  async subjects(tx, contractId, names, topic) {
    const kinds = names.map(({ kind }) => kind);
    const texts = names.map(({ name }) => name);
    // What was measured of another topic says nothing of this one, whether it was named all the time or is again.
    await tx.query(
      `UPDATE lag_subject SET waiting = '[]', partitions = '[]', moved_at = NULL, sampled_at = NULL, over_since = NULL,
         group_state = NULL, members = NULL, verdict = DEFAULT, rule = DEFAULT, rule_partition = NULL, verdict_since = NULL
       WHERE contract_id = $1 AND topic <> $4 AND (kind, name) IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
      [contractId, kinds, texts, topic],
    );
    await tx.query(
      `INSERT INTO lag_subject AS known (contract_id, kind, name, topic)
       SELECT $1, kind, name, $4 FROM unnest($2::text[], $3::text[]) AS asked (kind, name)
       WHERE NOT EXISTS (
         SELECT FROM lag_subject s WHERE s.contract_id = $1 AND s.kind = asked.kind AND s.name = asked.name
           AND s.topic = $4 AND s.retired_at IS NULL)
       ON CONFLICT (contract_id, kind, name) DO UPDATE SET topic = excluded.topic, retired_at = NULL,
         measured_from = CASE WHEN known.topic = excluded.topic THEN known.measured_from ELSE clock_timestamp() END`,
      [contractId, kinds, texts, topic],
    );
    await tx.query(
      `UPDATE lag_subject SET retired_at = now()
       WHERE contract_id = $1 AND retired_at IS NULL
         AND (kind, name) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
      [contractId, kinds, texts],
    );
    const rows = await tx.query<Row>(
      `SELECT id, contract_id AS "contractId", kind, name, sampled_at AS "sampledAt", partitions, waiting,
         moved_at AS "movedAt", over_since AS "overSince", verdict, verdict_since AS "verdictSince"
       FROM lag_subject WHERE contract_id = $1 AND retired_at IS NULL ORDER BY id`,
      [contractId],
    );
    return rows.map(toSubject);
  },

  async since(tx, subjectIds, since) {
    const rows = await tx.query<{
      id: number;
      at: Date;
      committed: readonly (string | null)[];
      records: readonly (string | null)[];
      ageMs: readonly (string | null)[];
    }>(
      `SELECT l.subject_id AS id, l.at, l.committed, l.records, l.age_ms AS "ageMs"
       FROM lag_sample l JOIN lag_subject s ON s.id = l.subject_id
       WHERE l.subject_id = ANY ($1) AND l.at >= greatest($2::timestamptz, s.measured_from) ORDER BY l.at`,
      [subjectIds, since],
    );
    const found = new Map<number, LagSample[]>();
    for (const { id, at, committed, records, ageMs } of rows) {
      const partitions = records.map((each, partition): PartitionLag => {
        const age = ageMs[partition] ?? null;
        return {
          partition,
          committed: toBigint(committed[partition] ?? null),
          end: null,
          next: null,
          records: toBigint(each),
          ageMs: age === null ? null : Number(age),
        };
      });
      const samples = found.get(id) ?? [];
      samples.push({ atMs: at.getTime(), partitions });
      found.set(id, samples);
    }
    return found;
  },

  async keep(tx, samples) {
    if (samples.length === 0) return;
    const json = asText(samples.map(toJson));
    await tx.query(
      `INSERT INTO lag_sample (subject_id, at, committed, records, age_ms, total, worst_ms)
       SELECT (s->>'id')::int, (s->>'at')::timestamptz, ${arrayOf('committed')}, ${arrayOf('records')},
         ${arrayOf('ages')}, (s->>'total')::bigint, (s->>'worst')::bigint
       FROM jsonb_array_elements($1::jsonb) AS s`,
      [json],
    );
    await tx.query(
      `UPDATE lag_subject SET step_ms = (s->>'step')::int, over_ms = (s->>'over')::bigint,
         sampled_at = (s->>'at')::timestamptz, group_state = s->>'state', members = (s->>'members')::int,
         verdict = s->>'verdict', rule = s->>'rule', rule_partition = (s->>'partition')::int,
         verdict_since = (s->>'since')::timestamptz, problem = NULL, problem_at = NULL,
         partitions = s->'partitions', waiting = s->'waiting', moved_at = (s->>'moved')::timestamptz,
         over_since = (s->>'overSince')::timestamptz
       FROM jsonb_array_elements($1::jsonb) AS s WHERE id = (s->>'id')::int`,
      [json],
    );
  },

  async holdStanding(tx, { contractId, kind, name }) {
    const [row] = await tx.query<
      Pick<Row, 'sampledAt' | 'overSince' | 'partitions'> & { readonly overMs: number | null }
    >(
      `SELECT sampled_at AS "sampledAt", over_since AS "overSince", over_ms::float8 AS "overMs", partitions
       FROM lag_subject
       WHERE contract_id = $1 AND kind = $2 AND name = $3 AND retired_at IS NULL FOR SHARE`,
      [contractId, kind, name],
    );
    return row === undefined ? null : { ...row, partitions: toPartitions(row.partitions) };
  },

  async keepProblem(tx, subjectIds, { at, sentence }) {
    await tx.query('UPDATE lag_subject SET problem = $2, problem_at = $3 WHERE id = ANY ($1)', [
      subjectIds,
      sentence.slice(0, 1_000),
      at,
    ]);
  },

  async rollUp(tx: Transaction, now, kept) {
    await rollUpTo(tx, now);
    return dropOld(tx, now, kept);
  },
};

function toJson(sample: KeptSample) {
  const { partitions, group } = sample;
  const { records, ageMs } = totalLag(partitions);
  // By partition number, so that an array says it without one; a partition that was left out is not known.
  const count = Math.max(-1, ...partitions.map(({ partition }) => partition)) + 1;
  const by = new Map(partitions.map((each) => [each.partition, each]));
  const column = (of: (each: PartitionLag) => bigint | number | null) =>
    Array.from({ length: count }, (_, partition) => {
      const found = by.get(partition);
      return found === undefined ? null : of(found);
    });
  return {
    id: sample.subjectId,
    at: sample.at,
    committed: column((each) => each.committed),
    records: column((each) => each.records),
    ages: column((each) => (each.ageMs === null ? null : Math.round(each.ageMs))),
    total: records,
    worst: ageMs === null ? null : Math.round(ageMs),
    step: sample.stepMs,
    over: sample.overMs,
    state: group?.state ?? null,
    members: group?.members ?? null,
    verdict: sample.verdict,
    rule: sample.rule,
    partition: sample.partition,
    since: sample.verdictSince,
    partitions,
    waiting: sample.waiting,
    moved: sample.movedAt,
    overSince: sample.overSince,
  };
}
