import type { SagaRow, SagaStepView, SagaSummary } from '../../application/ports/saga-views.ts';
import type { SagaFilter, SagaPlace, SagaReads, WatchedSaga } from '../../application/ports/sagas.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { oddities, type SagaState, sagaStates } from '../../domain/saga/index.ts';
import { marksSchema } from './marks.ts';
import { sagaStore } from './saga-store.ts';

const SHOWN_EVENTS = 500;
const SHOWN_GAPS = 5;
const OPEN = `lifecycle IN ('running', 'compensating')`;

const columns = `contract_id, key, CASE WHEN stuck THEN 'stuck' ELSE lifecycle END AS state, step, last_type,
  started_at, last_at, ended_at, events, oddities`;

type Row = {
  contract_id: string;
  key: string;
  state: SagaState;
  step: string | null;
  last_type: string;
  started_at: Date;
  last_at: Date;
  ended_at: Date | null;
  events: number;
  oddities: number;
};

/** What pages show of sagas. */
export const sagaReads: SagaReads = {
  async summaries(tx) {
    const watched = await sagaStore.watched(tx);
    const counts = await tx.query<CountRow>(
      `SELECT contract_id, CASE WHEN stuck THEN 'stuck' ELSE lifecycle END AS state, count(*)::int AS count,
         count(*) FILTER (WHERE oddities > 0)::int AS odd, min(started_at) AS oldest
       FROM saga_run GROUP BY 1, 2`,
    );
    const watches = await tx.query<WatchRow>(
      `SELECT contract_id, followed_at, problem,
         coalesce(followed_at < clock_timestamp() - interval '2 minutes', false) AS stale,
         (SELECT coalesce(sum(missed), 0)::text FROM saga_cursor c WHERE c.contract_id = w.contract_id) AS missed,
         (SELECT coalesce(sum(unread), 0)::text FROM saga_cursor c WHERE c.contract_id = w.contract_id) AS unread
       FROM saga_watch w`,
    );
    const gaps = await tx.query<GapRow>(
      `SELECT g.*, w.contract_id FROM saga_watch w, LATERAL (
         SELECT partition, kind, "from"::text, "to"::text, found_at, count(*) OVER ()::int AS count
         FROM saga_gap WHERE contract_id = w.contract_id ORDER BY found_at DESC, id DESC LIMIT ${SHOWN_GAPS}) AS g
       ORDER BY found_at DESC`,
    );
    const of = (contractId: string) => (row: { contract_id: string }) => row.contract_id === contractId;
    return watched.map((each) =>
      toSummary(each, {
        counts: counts.filter(of(each.contractId)),
        watch: watches.find(of(each.contractId)),
        gaps: gaps.filter(of(each.contractId)),
      }),
    );
  },

  async list(tx, filter, after, limit) {
    const limits = await limitsOf(tx);
    const { where, values, order } = asked(filter, after);
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM saga_run ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
       ORDER BY ${order} LIMIT $${values.length + 1}`,
      [...values, limit],
    );
    return rows.map((row) => toRow(row, limits));
  },

  async detail(tx, contractId, key) {
    const [row] = await tx.query<Row & { marks: unknown }>(
      `SELECT ${columns}, marks FROM saga_run WHERE contract_id = $1 AND key = $2`,
      [contractId, key],
    );
    if (row === undefined) return null;
    const watched = (await sagaStore.watched(tx)).find((each) => each.contractId === contractId);
    const events = await tx.query<EventRow>(
      `SELECT partition, "offset"::text, event_id, type, roles, oddities, at FROM saga_event
       WHERE contract_id = $1 AND key = $2 ORDER BY at, "offset" LIMIT ${SHOWN_EVENTS}`,
      [contractId, key],
    );
    return {
      ...toRow(row, new Map([[contractId, watched?.saga.limitMs ?? null]])),
      steps: stepsOf(watched, row.marks),
      history: events.map(({ event_id: eventId, at, ...event }) => ({
        ...event,
        eventId,
        oddities: oddities.filter((each) => event.oddities.includes(each)),
        at: at.toISOString(),
      })),
    };
  },
};

type CountRow = { contract_id: string; state: SagaState; count: number; odd: number; oldest: Date };
type WatchRow = {
  contract_id: string;
  followed_at: Date | null;
  stale: boolean;
  problem: string | null;
  missed: string;
  unread: string;
};
type GapRow = {
  contract_id: string;
  partition: number;
  kind: 'expired' | 'truncated';
  from: string;
  to: string;
  found_at: Date;
  count: number;
};
type EventRow = {
  partition: number;
  offset: string;
  event_id: string;
  type: string;
  roles: string[];
  oddities: string[];
  at: Date;
};

function toSummary(
  { contractId, saga }: WatchedSaga,
  {
    counts,
    watch,
    gaps,
  }: {
    readonly counts: readonly CountRow[];
    readonly watch: WatchRow | undefined;
    readonly gaps: readonly GapRow[];
  },
): SagaSummary {
  const countOf = (state: SagaState) => counts.find((row) => row.state === state)?.count ?? 0;
  const stuck = counts.find((row) => row.state === 'stuck');
  return {
    contractId,
    title: saga.title,
    limitMs: saga.limitMs,
    steps: saga.steps.map(({ step }) => step),
    counts: {
      stuck: countOf('stuck'),
      'compensation-failed': countOf('compensation-failed'),
      compensating: countOf('compensating'),
      running: countOf('running'),
      cancelled: countOf('cancelled'),
      completed: countOf('completed'),
    },
    odd: counts.reduce((sum, { odd }) => sum + odd, 0),
    oldestStuckAt: stuck?.oldest.toISOString() ?? null,
    followedAt: watch?.followed_at?.toISOString() ?? null,
    stale: watch?.stale ?? false,
    problem: watch?.problem ?? null,
    missed: watch?.missed ?? '0',
    unread: watch?.unread ?? '0',
    gaps: gaps.map(({ partition, kind, from, to, found_at }) => ({
      partition,
      kind,
      from,
      to,
      foundAt: found_at.toISOString(),
    })),
    gapCount: gaps[0]?.count ?? 0,
  };
}

async function limitsOf(tx: Transaction): Promise<ReadonlyMap<string, number>> {
  const watched = await sagaStore.watched(tx);
  return new Map(watched.map(({ contractId, saga }) => [contractId, saga.limitMs]));
}

function asked({ contractId, state, key, odd }: SagaFilter, after: SagaPlace | null) {
  const values: unknown[] = [];
  const where: string[] = [];
  const value = (given: unknown) => `$${values.push(given)}`;
  if (contractId !== undefined) where.push(`contract_id = ${value(contractId)}`);
  if (key !== undefined) where.push(`key = ${value(key)}`);
  if (odd === true) where.push('oddities > 0');
  if (state === 'attention') where.push(`((${OPEN} AND stuck) OR lifecycle = 'compensation-failed')`);
  else if (state === 'stuck') where.push(`${OPEN} AND stuck`);
  else if (state !== undefined) where.push(`lifecycle = ${value(state)} AND NOT stuck`);
  const isByAge = state === 'attention' || state === 'stuck';
  const at = isByAge ? 'started_at' : 'last_at';
  if (after !== null) {
    const [instant, contract, last] = after;
    const than = isByAge ? '>' : '<';
    where.push(
      `(${at}, contract_id, key) ${than} (${value(instant)}::timestamptz, ${value(contract)}, ${value(last)})`,
    );
  }
  const order = isByAge ? `${at}, contract_id, key` : `${at} DESC, contract_id DESC, key DESC`;
  return { where, values, order };
}

function toRow(row: Row, limits: ReadonlyMap<string, number | null>): SagaRow {
  return {
    contractId: row.contract_id,
    key: row.key,
    state: sagaStates.find((known) => known === row.state) ?? 'running',
    step: row.step,
    lastType: row.last_type,
    startedAt: row.started_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    limitMs: limits.get(row.contract_id) ?? null,
    events: row.events,
    oddities: row.oddities,
  };
}

/** The contract's steps in their order, and those that only an earlier version of it knew. */
function stepsOf(watched: WatchedSaga | undefined, marks: unknown): readonly SagaStepView[] {
  const marked = marksSchema.parse(marks);
  const known = watched?.saga.steps.map(({ step }) => step) ?? [];
  const others = Object.keys(marked).filter((step) => !known.includes(step));
  return [...known, ...others].map((step) => ({
    step,
    ...(marked[step] ?? { done: false, undone: false, undoFailed: false }),
  }));
}
