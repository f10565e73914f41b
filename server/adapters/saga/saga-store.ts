import type { FollowedStretch, SagaStore, SagaWatch, WatchedSaga } from '../../application/ports/sagas.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { Saga } from '../../domain/contract/index.ts';
import { type SagaLifecycle, type SagaRun, sagaLifecycles } from '../../domain/saga/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { jsonb } from '../jsonb.ts';
import { marksSchema } from './marks.ts';

type RunRow = {
  key: string;
  lifecycle: string;
  step: string | null;
  marks: unknown;
  end: 'completed' | 'cancelled' | null;
  started_at: Date;
  last_at: Date;
  ended_at: Date | null;
  events: number;
  oddities: number;
  seen: string[];
};

/** Of a turn of the sweep, which comes every minute: no transaction grows with what has piled up. */
const SWEPT_AT_ONCE = 2_000;

/** Sagas as rows, with the cursors up to which they are true. */
export const sagaStore: SagaStore = {
  async watched(tx) {
    const rows = await tx.query<{ contract_id: string; version: number; title: string; saga: Saga }>(
      `SELECT contract_id, version, description ->> 'title' AS title, description -> 'watch' -> 'saga' AS saga
       FROM (SELECT DISTINCT ON (contract_id) contract_id, version, description
             FROM contract_version v
             WHERE NOT EXISTS (SELECT FROM contract_file f WHERE f.contract_id = v.contract_id AND f.gone_at IS NOT NULL)
             ORDER BY contract_id, version DESC) latest
       WHERE jsonb_typeof(description -> 'watch' -> 'saga') = 'object' ORDER BY contract_id`,
    );
    return rows.map(
      (row): WatchedSaga => ({
        contractId: row.contract_id,
        version: row.version,
        title: row.title,
        saga: row.saga,
      }),
    );
  },

  async watch(tx, contractId) {
    const [row] = await tx.query<{
      identity: string;
      visible_before: string | null;
      told_stuck: number;
      problem: string | null;
    }>('SELECT identity, visible_before, told_stuck, problem FROM saga_watch WHERE contract_id = $1', [
      contractId,
    ]);
    if (row === undefined) return null;
    const cursors = await tx.query<{ partition: number; next: string }>(
      'SELECT partition, next::text FROM saga_cursor WHERE contract_id = $1',
      [contractId],
    );
    const watch: SagaWatch = {
      identity: row.identity,
      visibleBefore: row.visible_before,
      toldStuck: row.told_stuck,
      problem: row.problem,
      cursors: new Map(cursors.map(({ partition, next }) => [partition, BigInt(next)])),
    };
    return watch;
  },

  async begin(tx, contractId, identity) {
    await tx.query(
      `INSERT INTO saga_watch (contract_id, identity) VALUES ($1, $2)
       ON CONFLICT (contract_id) DO UPDATE SET identity = excluded.identity, visible_before = NULL`,
      [contractId, identity],
    );
    await tx.query('DELETE FROM saga_cursor WHERE contract_id = $1', [contractId]);
  },

  async skip(tx, contractId, { cursor, next, gap, at }) {
    const { partition, kind, from, to } = gap;
    const rows = await tx.query(
      `UPDATE saga_cursor SET next = $4, missed = missed + $5
       WHERE contract_id = $1 AND partition = $2 AND next = $3 RETURNING 1`,
      [contractId, partition, cursor, next, kind === 'expired' ? to - from : 0n],
    );
    if (rows.length === 0) throw overtaken(contractId);
    await tx.query(
      `INSERT INTO saga_gap (contract_id, partition, kind, "from", "to", found_at) VALUES ($1, $2, $3, $4, $5, $6)`,
      [contractId, partition, kind, from, to, at],
    );
  },

  async keptAt(tx, contractId, identity, partition, offsets) {
    const rows = await tx.query<{ offset: string; eventId: string }>(
      `SELECT "offset"::text, event_id AS "eventId" FROM saga_event
       WHERE contract_id = $1 AND identity = $2 AND partition = $3 AND "offset" = ANY ($4::bigint[])`,
      [contractId, identity, partition, offsets],
    );
    return new Map(rows.map(({ offset, eventId }) => [Number(offset), eventId]));
  },

  async runs(tx, contractId, keys, eventIds) {
    if (keys.length === 0) return new Map();
    const rows = await tx.query<RunRow>(
      `SELECT key, lifecycle, step, marks, "end", started_at, last_at, ended_at, events, oddities,
         ARRAY(SELECT event_id FROM saga_event e WHERE e.contract_id = r.contract_id AND e.key = r.key
               AND e.event_id = ANY ($3)) AS seen
       FROM saga_run r WHERE contract_id = $1 AND key = ANY ($2)`,
      [contractId, keys, eventIds],
    );
    return new Map(rows.map((row) => [row.key, toRun(row)]));
  },

  async keep(tx, stretch) {
    await moveCursor(tx, stretch);
    await insertEvents(tx, stretch);
    await upsertRuns(tx, stretch);
  },

  async markStuck(tx, contractId, before) {
    const changed = await tx.query(
      `UPDATE saga_run SET stuck = NOT stuck
       WHERE contract_id = $1 AND lifecycle IN ('running', 'compensating') AND stuck <> (started_at < $2)
       RETURNING key`,
      [contractId, before],
    );
    const [oldest] = await tx.query<{ count: number; key: string; step: string | null; started_at: Date }>(
      `SELECT count(*) OVER ()::int AS count, key, step, started_at FROM saga_run
       WHERE contract_id = $1 AND lifecycle IN ('running', 'compensating') AND stuck
       ORDER BY started_at, key LIMIT 1`,
      [contractId],
    );
    return {
      count: oldest?.count ?? 0,
      changed: changed.length > 0,
      oldest:
        oldest === undefined ? null : { key: oldest.key, step: oldest.step, startedAt: oldest.started_at },
    };
  },

  async forgetUnwatched(tx, watched) {
    const rows = await tx.query<{ contractId: string }>(
      `UPDATE saga_watch SET told_stuck = 0 WHERE told_stuck > 0 AND contract_id <> ALL ($1)
       RETURNING contract_id AS "contractId"`,
      [watched],
    );
    const gone = rows.map(({ contractId }) => contractId);
    if (gone.length > 0)
      await tx.query(
        `UPDATE saga_run SET stuck = false
         WHERE contract_id = ANY ($1) AND lifecycle IN ('running', 'compensating') AND stuck`,
        [gone],
      );
    return gone;
  },

  async followed(tx, contractId, { followedAt, visibleBefore, toldStuck, unread }) {
    await tx.query(
      `UPDATE saga_watch SET followed_at = $2, visible_before = $3, told_stuck = $4, problem = NULL
       WHERE contract_id = $1`,
      [contractId, followedAt, visibleBefore, toldStuck],
    );
    if (unread > 0n)
      await tx.query('UPDATE saga_cursor SET unread = unread + $2 WHERE contract_id = $1 AND partition = 0', [
        contractId,
        unread,
      ]);
  },

  async sweep(tx, before) {
    await tx.query('DELETE FROM saga_gap WHERE found_at < $1', [before]);
    const [row] = await tx.query<{ count: number }>(
      `WITH old AS (
         SELECT contract_id, key FROM saga_run
         WHERE ended_at < $1 AND last_at < $1 AND lifecycle IN ('completed', 'cancelled')
         ORDER BY ended_at LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED),
       events AS (
         DELETE FROM saga_event e USING old WHERE e.contract_id = old.contract_id AND e.key = old.key),
       gone AS (
         DELETE FROM saga_run r USING old WHERE r.contract_id = old.contract_id AND r.key = old.key RETURNING 1)
       SELECT count(*)::int AS count FROM gone`,
      [before],
    );
    return row?.count ?? 0;
  },

  async cannotFollow(tx, contractId, problem) {
    const rows = await tx.query(
      `INSERT INTO saga_watch AS w (contract_id, identity, problem) VALUES ($1, '', $2)
       ON CONFLICT (contract_id) DO UPDATE SET problem = excluded.problem
       WHERE w.problem IS DISTINCT FROM excluded.problem RETURNING 1`,
      [contractId, problem],
    );
    return rows.length > 0;
  },
};

function toRun(row: RunRow): SagaRun {
  return {
    key: row.key,
    lifecycle: lifecycleOf(row.lifecycle),
    step: row.step,
    marks: marksSchema.parse(row.marks),
    end: row.end,
    startedAtMs: row.started_at.getTime(),
    lastAtMs: row.last_at.getTime(),
    endedAtMs: row.ended_at?.getTime() ?? null,
    seen: new Set(row.seen),
    events: row.events,
    oddities: row.oddities,
  };
}

function lifecycleOf(text: string): SagaLifecycle {
  const found = sagaLifecycles.find((known) => known === text);
  if (found === undefined)
    throw new RepriseError('internal', `A saga is ${text}, which this release does not know.`);
  return found;
}

async function moveCursor(tx: Transaction, stretch: FollowedStretch): Promise<void> {
  const { contractId, partition, from, next, missed, unread } = stretch;
  const rows = await tx.query(
    `INSERT INTO saga_cursor AS c (contract_id, partition, next, missed, unread) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (contract_id, partition) DO UPDATE
       SET next = greatest(c.next, excluded.next), missed = c.missed + excluded.missed,
           unread = c.unread + excluded.unread
       WHERE $6::bigint IS NULL OR c.next = $6::bigint
     RETURNING 1`,
    [contractId, partition, next, missed, unread, from],
  );
  if (rows.length === 0) throw overtaken(contractId);
}

const overtaken = (contractId: string) =>
  new RepriseError('lease-lost', `Another worker has followed the sagas of ${contractId} further.`);

async function insertEvents(tx: Transaction, stretch: FollowedStretch): Promise<void> {
  if (stretch.events.length === 0) return;
  const rows = stretch.events.map((event) => ({
    offset: event.offset,
    key: event.key,
    event_id: event.eventId,
    type: event.type,
    roles: event.roles.map((role) => ('step' in role ? `${role.kind}:${role.step}` : role.kind)),
    oddities: event.oddities,
    at: new Date(event.atMs).toISOString(),
  }));
  await tx.query(
    `INSERT INTO saga_event (contract_id, identity, partition, "offset", key, event_id, type, roles, oddities, at)
     SELECT $1, $2, $3, e."offset", e.key, e.event_id, e.type, e.roles, e.oddities, e.at
     FROM jsonb_to_recordset($4::jsonb)
       AS e ("offset" bigint, key text, event_id text, type text, roles text[], oddities text[], at timestamptz)
     -- What stood there was cut off the log, and something else has taken its offset.
     ON CONFLICT (contract_id, identity, partition, "offset") DO UPDATE SET key = excluded.key,
       event_id = excluded.event_id, type = excluded.type, roles = excluded.roles, oddities = excluded.oddities,
       at = excluded.at`,
    [stretch.contractId, stretch.identity, stretch.partition, jsonb(rows)],
  );
}

async function upsertRuns(tx: Transaction, stretch: FollowedStretch): Promise<void> {
  if (stretch.runs.length === 0) return;
  const rows = stretch.runs.map(({ run, lastType, lastOffset }) => ({
    key: run.key,
    lifecycle: run.lifecycle,
    step: run.step,
    marks: run.marks,
    end: run.end,
    started_at: new Date(run.startedAtMs).toISOString(),
    last_at: new Date(run.lastAtMs).toISOString(),
    ended_at: run.endedAtMs === null ? null : new Date(run.endedAtMs).toISOString(),
    last_type: lastType,
    last_place: `${stretch.partition}:${lastOffset}`,
    events: run.events,
    oddities: run.oddities,
  }));
  await tx.query(
    `INSERT INTO saga_run AS r (contract_id, key, lifecycle, step, marks, "end", started_at, last_at, ended_at,
       last_type, last_place, events, oddities)
     SELECT $1, n.key, n.lifecycle, n.step, n.marks, n."end", n.started_at, n.last_at, n.ended_at,
       n.last_type, n.last_place, n.events, n.oddities
     FROM jsonb_to_recordset($2::jsonb)
       AS n (key text, lifecycle text, step text, marks jsonb, "end" text, started_at timestamptz,
             last_at timestamptz, ended_at timestamptz, last_type text, last_place text, events int, oddities int)
     ON CONFLICT (contract_id, key) DO UPDATE SET
       lifecycle = excluded.lifecycle, step = excluded.step, marks = excluded.marks, "end" = excluded."end",
       started_at = excluded.started_at, last_at = excluded.last_at, ended_at = excluded.ended_at,
       last_type = excluded.last_type, last_place = excluded.last_place, events = excluded.events,
       oddities = excluded.oddities,
       -- Stuck is what is old and open: what goes on, late, is still that.
       stuck = r.stuck AND excluded.lifecycle IN ('running', 'compensating')`,
    [stretch.contractId, jsonb(rows)],
  );
}
