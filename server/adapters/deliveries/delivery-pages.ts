import type pg from 'pg';
import { z } from 'zod';
import {
  type AppliedDuplicate,
  type DeliveryFindingRow,
  type DeliveryPoint,
  type DeliveryQueries,
  type DeliverySums,
  type DeliveryView,
  deliveryRanges,
  type Unjudged,
} from '../../application/ports/delivery-pages.ts';
import { countNames } from '../../domain/deliveries/index.ts';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';

const HOUR_MS = 3_600_000;
const POINTS = 96;
const APPLIED_SHOWN = 50;
const columnOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const AUDITS = `
  SELECT v.contract_id AS "contractId", v.description->>'title' AS title, v.description->>'historyName' AS history,
    (coalesce(v.description->'watch'->'budgets'->'duplicates', 'null') <> 'null'
      OR (coalesce(v.description->'watch'->'budgets'->'losses', 'null') <> 'null'
        AND coalesce(v.description->'watch'->'sent', 'null') <> 'null')) AS wanted,
    coalesce(v.description->'watch'->'budgets'->>'timeZone', 'UTC') AS zone,
    v.description->'watch'->'sent'->>'table' AS "outboxTable",
    CASE WHEN a.history_identity <> '' THEN a.audited_at END AS "auditedAt",
    coalesce(a.audited_at < clock_timestamp() - interval '2 minutes', false) AS stale, a.since, a.look_back_hours AS "lookBackHours",
    a.problem, a.problem_since AS "problemSince", a.sent_problem AS "outboxProblem",
    c.behind::text, c.read_until AS "readUntil",
    coalesce(c.behind > 0 AND coalesce(c.read_until, '-infinity') < clock_timestamp() - interval '5 minutes', false) AS "readsLate",
    c.closed_until AS "closedUntil", c."keptBack"::text,
    c."openIn", c."behindIn",
    s.started_at AS "sentStartedAt", s.read_at AS "sentReadAt", s.reaches_back_to AS "reachesBackTo", s.pruned,
    coalesce(w.lost, 0)::int AS lost, w.since AS "lostSince", coalesce(u.waiting, 0)::int AS waiting
  FROM (SELECT DISTINCT ON (contract_id) contract_id, description FROM contract_version
        ORDER BY contract_id, version DESC) AS v
  LEFT JOIN delivery_audit a ON a.contract_id = v.contract_id
  LEFT JOIN sent_cursor s ON s.contract_id = v.contract_id
  LEFT JOIN LATERAL (
    SELECT sum(greatest(log_end - next, 0)) AS behind,
      min(read_until) FILTER (WHERE log_end > next) AS read_until,
      CASE WHEN bool_and(closed_until IS NOT NULL) THEN min(closed_until) END AS closed_until,
      coalesce(sum(greatest(high - log_end, 0)), 0) AS "keptBack",
      coalesce(array_agg(partition ORDER BY partition)
        FILTER (WHERE mark_end IS NOT NULL AND next >= log_end), '{}') AS "openIn",
      coalesce(array_agg(partition ORDER BY partition) FILTER (WHERE next < log_end), '{}') AS "behindIn"
    FROM delivery_cursor WHERE contract_id = v.contract_id) AS c ON true
  LEFT JOIN LATERAL (
    SELECT sum(balance - lost) AS waiting FROM awaited_event
    WHERE audit = a.number AND balance > lost AND due_at <= s.read_at) AS u ON true
  LEFT JOIN LATERAL (
    SELECT sum(lost) AS lost, min(at) AS since FROM awaited_event WHERE audit = a.number AND lost > 0) AS w ON true
  WHERE NOT EXISTS (SELECT FROM contract_file f WHERE f.contract_id = v.contract_id AND f.gone_at IS NOT NULL)
  ORDER BY v.contract_id`;

type AuditRow = Pick<
  DeliveryView,
  | 'contractId'
  | 'title'
  | 'history'
  | 'wanted'
  | 'stale'
  | 'readsLate'
  | 'outboxTable'
  | 'problem'
  | 'outboxProblem'
> & {
  zone: string;
  auditedAt: Date | null;
  since: Date | null;
  lookBackHours: number | null;
  problemSince: Date | null;
  behind: string | null;
  readUntil: Date | null;
  sentStartedAt: Date | null;
  sentReadAt: Date | null;
  reachesBackTo: Date | null;
  pruned: boolean | null;
  closedUntil: Date | null;
  keptBack: string;
  openIn: number[];
  behindIn: number[];
  waiting: number;
  lost: number;
  lostSince: Date | null;
};

const iso = (date: Date | null) => date?.toISOString() ?? null;

export function deliveryReads(pool: pg.Pool): DeliveryQueries {
  return {
    async deliveries() {
      const { rows } = await pool.query<AuditRow>(AUDITS);
      const zones = new Map(rows.map(({ contractId, zone }) => [contractId, zone]));
      const sums = await readSums(pool, zones);
      return rows.map((row) => toView(row, (window) => sums.get(`${row.contractId} ${window}`) ?? noSums));
    },

    async deliveryPoints(contractId, range) {
      const stepMs = (deliveryRanges[range] * HOUR_MS) / POINTS;
      const { rows } = await pool.query<{
        at: Date;
        audited: boolean;
        events: string;
        redelivered: string;
        conflicting: string;
        lost: string;
      }>(
        `WITH step AS (SELECT $2::float8 * interval '1 ms' AS length),
         reach AS (
           SELECT coalesce(a.since, '-infinity') AS since,
             CASE WHEN c.behind > 0 THEN coalesce(c.read_until, '-infinity') ELSE a.audited_at END AS until
           FROM delivery_audit a, LATERAL (
             SELECT sum(log_end - next) AS behind, min(read_until) FILTER (WHERE log_end > next) AS read_until
             FROM delivery_cursor WHERE contract_id = a.contract_id) AS c
           WHERE a.contract_id = $1 AND a.history_identity <> ''
         )
         SELECT p.at, coalesce(p.at + step.length > r.since AND p.at <= r.until, false) AS audited,
           coalesce(sum(n.events), 0)::text AS events, coalesce(sum(n.redelivered), 0)::text AS redelivered,
           coalesce(sum(n.conflicting), 0)::text AS conflicting, coalesce(sum(n.lost), 0)::text AS lost
         FROM step CROSS JOIN LATERAL generate_series(
             date_bin(step.length, now(), 'epoch') - ($3 - 1) * step.length, now(), step.length) AS p(at)
         LEFT JOIN reach r ON true
         LEFT JOIN delivery_count n ON n.contract_id = $1 AND n.minute >= p.at AND n.minute < p.at + step.length
         GROUP BY 1, 2 ORDER BY 1`,
        [contractId, stepMs, POINTS],
      );
      return rows.map(
        ({ at, audited, ...counts }): DeliveryPoint => ({
          at: at.toISOString(),
          counts: audited
            ? {
                events: Number(counts.events),
                redelivered: Number(counts.redelivered),
                conflicting: Number(counts.conflicting),
                lost: Number(counts.lost),
              }
            : null,
        }),
      );
    },

    async deliveryFindings(contractId, kind, { cursor, limit }) {
      const after =
        cursor === undefined ? null : decodeCursor(cursor, z.tuple([z.string().regex(/^\d{1,19}$/)]));
      const { rows } = await pool.query<
        Omit<DeliveryFindingRow, 'at' | 'arrivedAt'> & { at: Date; arrivedAt: Date | null }
      >(
        `SELECT id::text, kind, event_id AS "eventId", partition, "offset"::text, "to"::text,
           first_partition AS "firstPartition", first_offset::text AS "firstOffset", position::text, at,
           arrived_at AS "arrivedAt", detail
         FROM delivery_finding f
         WHERE contract_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::bigint IS NULL OR f.id < $3)
         ORDER BY f.id DESC LIMIT $4`,
        [contractId, kind ?? null, after?.[0] ?? null, limit + 1],
      );
      return toPage(
        rows.map((row) => ({ ...row, at: row.at.toISOString(), arrivedAt: iso(row.arrivedAt) })),
        limit,
        (row) => [row.id],
      );
    },

    async appliedDuplicates(contractId) {
      const { rows } = await pool.query<Omit<AppliedDuplicate, 'endedAt'> & { endedAt: Date | null }>(
        `SELECT d.replay_id AS "replayId", r.ended_at AS "endedAt", d.derived_state AS "derivedState", d.key,
           d.explanation->'candidates'->0->>'eventId' AS "eventId",
           (d.explanation->'candidates'->0->>'partition')::int AS partition,
           d.explanation->'candidates'->0->>'offset' AS "offset"
         FROM discrepancy d JOIN replay r ON r.id = d.replay_id
         WHERE d.cause = 'applied-twice' AND d.replay_id = (
           SELECT id FROM replay WHERE contract_id = $1 AND status = 'finished' AND agreement IS NOT NULL
           ORDER BY ended_at DESC LIMIT 1)
         ORDER BY d.magnitude DESC, d.key, d.derived_state LIMIT $2`,
        [contractId, APPLIED_SHOWN],
      );
      return rows.map((row) => ({ ...row, endedAt: iso(row.endedAt) }));
    },
  };
}

const noSums = Object.fromEntries(countNames.map((name) => [name, 0])) as DeliverySums;

/** Sums by contract and window: an hour, a day, and the month as it is in the contract's own time zone. */
async function readSums(
  pool: pg.Pool,
  zones: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, DeliverySums>> {
  const sums = countNames.map((name) => `coalesce(sum(n.${columnOf(name)}), 0)::float8 AS "${name}"`);
  const { rows } = await pool.query<DeliverySums & { contractId: string; window: string }>(
    `SELECT z.id AS "contractId", w.name AS window, ${sums.join(', ')}
     FROM unnest($1::text[], $2::text[]) AS z(id, zone)
     CROSS JOIN LATERAL (VALUES ('hour', now() - interval '1 hour'), ('day', now() - interval '1 day'),
       ('month', date_trunc('month', now(), z.zone))) AS w(name, since)
     JOIN delivery_count n ON n.contract_id = z.id AND n.minute >= w.since
     GROUP BY 1, 2`,
    [[...zones.keys()], [...zones.values()]],
  );
  return new Map(rows.map(({ contractId, window, ...counts }) => [`${contractId} ${window}`, counts]));
}

/** A lost event is told within a minute; from then on it is said why not. */
const JUDGED_WITHIN_MS = 60_000;

function unjudgedOf(row: AuditRow, readAt: Date, since: Date): Unjudged | null {
  const forMs = readAt.getTime() - since.getTime();
  if (forMs <= JUDGED_WITHIN_MS) return null;
  const isBehind = row.behindIn.length > 0;
  return {
    cause: isBehind ? 'catching-up' : 'open-transaction',
    since: since.toISOString(),
    forMs,
    waiting: row.waiting,
    records: isBehind ? (row.behind ?? '0') : row.keptBack,
    partitions: isBehind ? row.behindIn : row.openIn,
  };
}

function toView(row: AuditRow, sumsOf: (window: string) => DeliverySums): DeliveryView {
  const { sentStartedAt, sentReadAt, outboxTable } = row;
  return {
    contractId: row.contractId,
    title: row.title,
    history: row.history,
    wanted: row.wanted,
    auditedAt: iso(row.auditedAt),
    stale: row.stale,
    since: iso(row.since),
    lookBackHours: row.lookBackHours ?? 0,
    problem: row.problem,
    problemSince: iso(row.problemSince),
    behind: row.behind ?? '0',
    readUntil: iso(row.readUntil),
    readsLate: row.readsLate,
    outboxTable,
    outbox:
      sentStartedAt === null || sentReadAt === null || outboxTable === null
        ? null
        : {
            table: outboxTable,
            startedAt: sentStartedAt.toISOString(),
            readAt: sentReadAt.toISOString(),
            reachesBackTo: iso(row.reachesBackTo),
            pruned: row.pruned ?? false,
            judgedUntil: iso(row.closedUntil),
            unjudged: unjudgedOf(row, sentReadAt, row.closedUntil ?? sentStartedAt),
          },
    outboxProblem: row.outboxProblem,
    missed: { count: row.lost, since: iso(row.lostSince) },
    hour: sumsOf('hour'),
    day: sumsOf('day'),
    month: sumsOf('month'),
  };
}
