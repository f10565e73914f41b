import type pg from 'pg';
import type { ReplayFilter } from '../../../application/ports/dashboard.ts';
import type { PageReads, PartitionProgress, ReplayDetail } from '../../../application/ports/page-reads.ts';
import {
  actionsNow,
  type ConfidenceReason,
  type Counters,
  type FindingKind,
  noCounts,
  type PastRate,
  type Plan,
  predictReplay,
  type ReplayStatus,
} from '../../../domain/replay/index.ts';
import { decodeCursor, timeAndId, toPage } from '../../../domain/shared/cursors.ts';
import { undisturbed } from '../../undisturbed.ts';
import { readErasures } from './erasures.ts';
import { onlyNewest, rateOf, type TimedProgress } from './replay-pace.ts';
import { countersOf, type SummaryRow, summaryColumns, summaryTables, toSummary } from './replay-rows.ts';
import { readComparisons, readExplained, readInvariants } from './results.ts';
import { readWorkers } from './workers.ts';

type Reads = Pick<PageReads, 'replays' | 'openReplays' | 'replay' | 'runningReplays'>;

const halted = `(r.status = 'paused' OR r.problem IS NOT NULL)`;
const ended = `('finished', 'refused', 'failed', 'cancelled')`;

/** The conditions of a filter, over `r` and the first five parameters, which `filtered` gives. */
const passes = `
  ($1::text IS NULL OR r.contract_id = $1)
  AND ($2::text IS NULL OR ($2 = 'ended') = (r.status IN ${ended}))
  AND ($3::text IS NULL OR r.confidence = $3)
  AND ($4::text IS NULL OR r.requested_by = $4)
  AND ($5::timestamptz IS NULL OR r.requested_at <= $5)`;

const filtered = ({ contractId, status, confidence, requestedBy, asOf }: ReplayFilter) => [
  contractId ?? null,
  status ?? null,
  confidence ?? null,
  requestedBy ?? null,
  asOf ?? null,
];

export function replayReads(pool: pg.Pool): Reads {
  return {
    async replays(filter, { cursor, limit }) {
      const after = cursor === undefined ? null : decodeCursor(cursor, timeAndId);
      const { rows } = await pool.query<SummaryRow>(
        `SELECT ${summaryColumns} FROM ${summaryTables}
         WHERE ${passes} AND ($6::timestamptz IS NULL OR (r.requested_at, r.id) < ($6, $7::uuid))
         ORDER BY r.requested_at DESC, r.id DESC LIMIT $8`,
        [...filtered(filter), after?.[0] ?? null, after?.[1] ?? null, limit + 1],
      );
      return toPage(rows.map(toSummary), limit, (row) => [row.requestedAt, row.id]);
    },

    async openReplays(filter) {
      const { rows } = await pool.query<{ status: ReplayStatus; count: number }>(
        `SELECT r.status, count(*)::int AS count FROM replay r
         WHERE r.status NOT IN ${ended} AND ${passes} GROUP BY r.status ORDER BY r.status`,
        filtered(filter),
      );
      return rows;
    },

    async runningReplays() {
      const { rows } = await pool.query<SummaryRow & { total: number; halted: number }>(
        `SELECT ${summaryColumns}, (count(*) OVER ())::int AS total,
           (count(*) FILTER (WHERE ${halted}) OVER ())::int AS halted
         FROM ${summaryTables} WHERE r.status NOT IN ${ended}
         ORDER BY ${halted} DESC, r.requested_at DESC, r.id DESC LIMIT 50`,
      );
      return { rows: rows.map(toSummary), total: rows[0]?.total ?? 0, halted: rows[0]?.halted ?? 0 };
    },

    replay: (id) => readDetail(pool, id),
  };
}

type DetailRow = SummaryRow & {
  reason: string;
  plan: string | null;
  plan_erased: boolean;
  rate_limit: number | null;
  confidence_reasons: ConfidenceReason[];
  shadow_digest: string | null;
  history_digest: string | null;
};

async function readDetail(pool: pg.Pool, id: string): Promise<ReplayDetail | null> {
  const [{ rows }, timed, findings, comparisons, invariants, log, past, erasures, workers] =
    await Promise.all([
      pool.query<DetailRow>(
        `SELECT ${summaryColumns}, r.reason, r.plan, r.plan_erased, r.rate_limit, r.confidence_reasons, r.shadow_digest,
         r.history_digest FROM ${summaryTables} WHERE r.id = $1`,
        [id],
      ),
      readPartitions(pool, id),
      readFindingCounts(pool, id),
      readComparisons(pool, id),
      readInvariants(pool, id),
      readLog(pool, id),
      readRatesBefore(pool, id),
      readErasures(pool, id),
      readWorkers(pool),
    ]);
  const row = rows[0];
  if (row === undefined) return null;
  const plan = row.plan === null ? null : (JSON.parse(row.plan) as Plan);
  const rate = rateOf(timed);
  const partitions = onlyNewest(timed).map((each) => each.progress);
  const left = partitions.reduce((sum, each) => sum + Number(BigInt(each.to) - BigInt(each.cursor)), 0);
  return {
    ...toSummary(row),
    reason: row.reason,
    plan,
    planText: row.plan,
    planErased: row.plan_erased,
    erasures,
    rateLimit: row.rate_limit,
    counters: countersOf(row),
    confidenceReasons: row.confidence_reasons,
    partitions,
    workersAlive: workers.alive,
    eventsPerSecond: rate,
    secondsLeft: rate === null || rate === 0 ? null : left / rate,
    prediction: plan === null ? null : predictReplay(Number(plan.eventEstimate), past, row.rate_limit),
    findings,
    comparisons,
    invariants,
    explained: comparisons.length === 0 ? null : await readExplained(pool, id, row.status),
    shadowDigest: row.shadow_digest,
    historyDigest: row.history_digest,
    log,
    actions: actionsNow(row.status, row.intent),
  };
}

/** What was known of this contract's pace when the replay was requested: later ones would change the prediction. */
async function readRatesBefore(pool: pg.Pool, id: string): Promise<readonly PastRate[]> {
  const { rows } = await pool.query<PastRate>(
    `SELECT ((past.counters->>'applied')::float8 + (past.counters->>'duplicates')::float8
           + (past.counters->>'filtered')::float8 + (past.counters->>'quarantined')::float8) AS events,
       extract(epoch FROM past.ended_at - past.started_at)::float8 * 1000 AS ms
     FROM replay r JOIN replay past ON past.contract_id = r.contract_id AND past.ended_at <= r.requested_at
     WHERE r.id = $1 AND past.status = 'finished' AND past.counters IS NOT NULL AND past.started_at IS NOT NULL
       AND ${undisturbed('past')}
     ORDER BY past.requested_at DESC, past.id DESC LIMIT 5`,
    [id],
  );
  return rows;
}

async function readPartitions(pool: pg.Pool, id: string): Promise<readonly TimedProgress[]> {
  const { rows } = await pool.query<{
    partition: number;
    from: string;
    to: string;
    cursor: string;
    status: PartitionProgress['status'];
    lease_owner: string | null;
    lease_expired: boolean;
    taken_over: number;
    counters: Counters;
    events_per_second: number | null;
    folded_ms: string;
    updated_ms: number;
  }>(
    `SELECT partition, "from", "to", cursor, status, lease_owner, taken_over, counters, events_per_second, folded_ms,
       extract(epoch FROM updated_at)::float8 * 1000 AS updated_ms,
       coalesce(status = 'folding' AND lease_until <= clock_timestamp(), false) AS lease_expired
     FROM replay_partition WHERE replay_id = $1 ORDER BY partition`,
    [id],
  );
  return rows.map((row) => {
    const rate = row.status === 'folding' && !row.lease_expired ? row.events_per_second : null;
    const left = Number(BigInt(row.to) - BigInt(row.cursor));
    const progress = {
      partition: row.partition,
      from: row.from,
      to: row.to,
      cursor: row.cursor,
      status: row.status,
      worker: row.lease_owner,
      leaseExpired: row.lease_expired,
      takenOver: row.taken_over,
      counters: { ...noCounts, ...row.counters },
      eventsPerSecond: rate,
      secondsLeft: rate === null || rate === 0 ? null : left / rate,
    };
    return { progress, foldedMs: Number(row.folded_ms), updatedMs: row.updated_ms };
  });
}

async function readFindingCounts(pool: pg.Pool, id: string): Promise<ReplayDetail['findings']> {
  const { rows } = await pool.query<{ kind: FindingKind; count: string }>(
    `SELECT kind, sum(count)::bigint AS count FROM replay_finding_count
     WHERE replay_id = $1 GROUP BY kind HAVING sum(count) > 0 ORDER BY kind`,
    [id],
  );
  return rows.map(({ kind, count }) => ({ kind, count: Number(count) }));
}

async function readLog(pool: pg.Pool, id: string): Promise<ReplayDetail['log']> {
  const { rows } = await pool.query<{
    actor: string;
    action: string;
    outcome: string;
    detail: Record<string, unknown>;
    recorded_at: Date;
  }>(
    `SELECT actor, action, outcome, detail, recorded_at FROM audit_entry
     WHERE subject = $1 ORDER BY id LIMIT 500`,
    [`replay:${id}`],
  );
  return rows.map((row) => ({
    at: row.recorded_at.toISOString(),
    actor: row.actor,
    action: row.outcome === 'refused' ? `${row.action} (refused)` : row.action,
    detail: detailText(row.detail),
  }));
}

/**
 * What everybody who sees a replay reads of an act. What people wrote, which of their decisions it was and why somebody
 * was refused stands in the audit, for those who may read that.
 */
const shownToAll = ['status', 'code', 'eventsPerSecond', 'given', 'needed', 'why'] as const;

/** An audit row's detail in one line; what is empty is left out. */
function detailText(detail: Readonly<Record<string, unknown>>): string {
  return shownToAll
    .flatMap((name) => {
      const value = detail[name];
      if (value === undefined || value === null || value === '') return [];
      return [`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
    })
    .join('; ');
}
