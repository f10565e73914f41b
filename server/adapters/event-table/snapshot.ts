import { setTimeout as wait } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import type { PostgresHistory } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import {
  type Connections,
  fixedOutput,
  isConnectionLost,
  messageOf,
  needsMending,
  remedyFor,
  withClient,
} from '../connections.ts';
import { placeOf } from './layout.ts';

const STATEMENT_TIMEOUT_MS = 300_000;

/**
 * Runs reads in one REPEATABLE READ snapshot, so that what they say belongs together. Errors of the server come
 * out as history-unavailable, naming connection and table.
 */
export async function inSnapshot<T>(
  connect: Connections,
  history: PostgresHistory,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  try {
    return await withClient(connect(history.connection), async (client) => {
      await client.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${fixedOutput}; SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
      );
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    });
  } catch (error) {
    if (error instanceof RepriseError) throw error;
    const remedy = remedyFor(error);
    throw new RepriseError(
      'history-unavailable',
      `The event table ${history.table} on connection ${history.connection} could not be read: ${messageOf(error)}.${remedy ? ` ${remedy}` : ''}`,
      { where: placeOf(history), cause: error, lasting: needsMending(error) },
    );
  }
}

/** Of what a person waits for: a replica that is a moment behind is no reason to refuse a plan. */
export const BRIEF_PAUSES_MS = [100, 200, 400, 800, 1_600];
const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 12_800];

/** Asks again, for some 40 s, while the server is away or behind: a restart of the database must not end a replay. */
export async function patiently<T>(
  signal: AbortSignal | null,
  work: () => Promise<T>,
  pauses: readonly number[] = PAUSES_MS,
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (
        !(error instanceof RepriseError && (error instanceof ServerBehind || isConnectionLost(error.cause)))
      )
        throw error;
      await wait(pause, undefined, { signal: signal ?? undefined });
    }
  }
  return work();
}

const CURRENT_BOUND = 'SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text AS bound';

/**
 * A snapshot's xmax is one past the newest transaction that has ended. Those that run and are newer hold a lock on
 * their own id, which has 32 bits and goes round.
 */
const NEWEST_BOUND = `
  SELECT greatest(s.xmax, max(s.xmax + l.ahead + 1) FILTER (WHERE l.ahead < 2147483648))::text AS bound
    FROM (SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint AS xmax) AS s
    LEFT JOIN LATERAL (
      SELECT mod(mod(transactionid::text::bigint - s.xmax, 4294967296) + 4294967296, 4294967296) AS ahead
        FROM pg_catalog.pg_locks WHERE locktype = 'transactionid') AS l ON true
   GROUP BY s.xmax`;

/** Every transaction that has written anything by this snapshot has an id below. */
export async function newestBound(client: ClientBase): Promise<bigint> {
  const { rows } = await client.query<{ bound: string }>(NEWEST_BOUND);
  return BigInt(rows[0]?.bound ?? 0);
}

/** The bound of this snapshot: every transaction with a lower id has ended. */
export async function currentBound(client: ClientBase): Promise<bigint> {
  const { rows } = await client.query<{ bound: string }>(CURRENT_BOUND);
  return BigInt(rows[0]?.bound ?? 0);
}

/** It comes back by itself; and where one address stands for several servers, another may answer next. */
class ServerBehind extends RepriseError {}

/**
 * Rows below a bound are all there only on a server whose own bound has reached it. On a replica that is behind, or
 * one that took over before it had received everything, those that are missing look like holes in a sequence.
 */
export function refuseBehind(history: PostgresHistory, bound: bigint, needed: bigint): void {
  if (bound >= needed) return;
  throw new ServerBehind(
    'history-unavailable',
    `On connection ${history.connection} rows of ${history.table} are final only before transaction ${bound}, and what is read needs all before ${needed}. The server that answered is a replica that is behind, or one that took over without the newest transactions.`,
    { where: placeOf(history) },
  );
}
