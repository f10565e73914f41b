/**
 * Runs one SELECT that a contract brings, over a live store.
 *
 * READ ONLY alone is no sandbox: a SELECT can call set_config, pg_notify, advisory locks. So the statement is
 * parsed and held to lists of what may stand in it, and runs over the extended protocol (which takes one statement
 * and no more) on a connection of its own, with a role that can only read, in one REPEATABLE READ READ ONLY
 * transaction, under time-outs, with a second connection that ends it when it overruns all the same.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { SqlInvariantRunner } from '../../application/ports/derived-state.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { type Connections, errorCode, fixedOutput, messageOf, remedyFor } from '../connections.ts';
import { isSameTree, type ParsedSelect, parseSelect, refused, treeOf } from './parse-select.ts';
import { checkSurroundings } from './surroundings.ts';

export type InvariantLimits = {
  /** Of each statement, by the server. */
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** Of the whole run, by a second connection. */
  readonly overrunMs: number;
  /** Failing rows that are counted; more is could-not-run and not a count that is too low. */
  readonly maxRows: number;
  /** Failing keys that are fetched, and of how many characters: what limits the bytes. */
  readonly maxKeys: number;
  readonly maxKeyChars: number;
};

const usual: InvariantLimits = {
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 5_000,
  overrunMs: 60_000,
  maxRows: 1_000_000,
  maxKeys: 1_000,
  maxKeyChars: 512,
};

/** The sandbox over named connections. Errors: invariant-refused for the statement and the role, derived-state-unavailable for the store. */
export function openSqlInvariants(connect: Connections, limits: InvariantLimits = usual): SqlInvariantRunner {
  return {
    run: async (connection, query) => {
      const select = await parseSelect(query);
      const statement = await wrap(select, limits);
      const pool = connect(connection);
      const name = `reprise-invariant-${randomUUID()}`;
      const client = await open(pool, connection, name);
      const watch = startWatch(pool, client, name, limits);
      try {
        return await Promise.race([runIn(client, select, statement, limits), watch.gaveUp]);
      } catch (error) {
        throw inWords(error, connection, limits, watch.hasOverrun());
      } finally {
        watch.stop();
        client.end().catch(() => undefined);
      }
    },
  };
}

/** Connections of its own: the pool's may hold what a session before has set, and may all be taken. */
async function open(pool: pg.Pool, connection: string, name: string): Promise<pg.Client> {
  // The pool's own options, as they are: copied, they would lose the password, which is not enumerable.
  const client = new pg.Client(pool.options);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query("SELECT pg_catalog.set_config('application_name', $1, false)", [name]);
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    const remedy = remedyFor(error);
    throw new RepriseError(
      'derived-state-unavailable',
      `Connection ${connection} could not be opened: ${messageOf(error)}.${remedy ? ` ${remedy}` : ''}`,
      { where: connection, cause: error },
    );
  }
}

/**
 * Puts the statement into one that returns its first column as text, cut, and nothing else, so that a row can't be
 * large. The whole is parsed again: what stands inside must still be the statement that was checked.
 */
async function wrap(select: ParsedSelect, limits: InvariantLimits): Promise<string> {
  const before = `SELECT pg_catalog.left(reprise_q.reprise_key::text, ${limits.maxKeyChars}) AS key FROM (\n`;
  const whole = `${before}${select.sql}\n) AS reprise_q (reprise_key)`;
  const outer = (await treeOf(whole)) as {
    SelectStmt?: { fromClause?: { RangeSubselect?: { subquery?: unknown } }[] };
  };
  const inside = outer.SelectStmt?.fromClause?.[0]?.RangeSubselect?.subquery;
  if (inside === undefined || !(await isSameTree(inside, select.sql))) {
    throw refused('it reads differently within parentheses than alone.');
  }
  return whole;
}

type Outcome = { readonly failing: number; readonly failingKeys: readonly string[] };

async function runIn(
  client: pg.Client,
  select: ParsedSelect,
  statement: string,
  limits: InvariantLimits,
): Promise<Outcome> {
  await client.query(
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${fixedOutput};
     SET LOCAL statement_timeout = ${limits.statementTimeoutMs};
     SET LOCAL lock_timeout = ${limits.lockTimeoutMs};
     SET LOCAL idle_in_transaction_session_timeout = ${limits.statementTimeoutMs};
     SET LOCAL max_parallel_workers_per_gather = 0`,
  );
  await checkSurroundings(client, select);
  // node-postgres speaks the extended protocol when asked to; its type declarations don't know the option yet.
  const declare = {
    text: `DECLARE reprise_failing NO SCROLL CURSOR FOR ${statement}`,
    queryMode: 'extended',
  };
  await client.query(declare);
  const { rows } = await client.query<{ key: string | null }>(`FETCH ${limits.maxKeys} FROM reprise_failing`);
  let failing = rows.length;
  if (rows.length === limits.maxKeys) {
    const more = await client.query(`MOVE FORWARD ${limits.maxRows - failing + 1} FROM reprise_failing`);
    failing += more.rowCount ?? 0;
  }
  await client.query('ROLLBACK');
  if (failing > limits.maxRows) {
    throw new RepriseError(
      'derived-state-unavailable',
      `The invariant returns more than ${limits.maxRows} failing rows, so they were not counted. Return one row a failing key, or one for the whole.`,
      { where: 'query' },
    );
  }
  return { failing, failingKeys: rows.map((row) => row.key ?? 'NULL') };
}

/** Ends the statement from outside when it overruns: first by cancelling, then by closing its session. */
function startWatch(pool: pg.Pool, client: pg.Client, name: string, limits: InvariantLimits) {
  let overrun = false;
  const timers: NodeJS.Timeout[] = [];
  const end = async (how: 'pg_cancel_backend' | 'pg_terminate_backend') => {
    const second = new pg.Client(pool.options);
    second.on('error', () => undefined);
    try {
      await second.connect();
      // By name and not by process id alone, which another session may have by now.
      await second.query(
        `SELECT pg_catalog.${how}(pid) FROM pg_catalog.pg_stat_activity WHERE application_name = $1`,
        [name],
      );
    } finally {
      await second.end();
    }
  };
  const gaveUp = new Promise<never>((_resolve, reject) => {
    const after = (ms: number, act: () => void) => timers.push(setTimeout(act, ms));
    after(limits.overrunMs, () => {
      overrun = true;
      end('pg_cancel_backend').catch(() => undefined);
    });
    after(limits.overrunMs + 2_000, () => void end('pg_terminate_backend').catch(() => undefined));
    // Where neither got through, the socket is closed and the server's own time-outs remain.
    after(limits.overrunMs + 5_000, () => {
      reject(new Error('the statement could not be ended'));
      client.end().catch(() => undefined);
    });
  });
  gaveUp.catch(() => undefined);
  return {
    gaveUp,
    hasOverrun: () => overrun,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function inWords(
  error: unknown,
  connection: string,
  limits: InvariantLimits,
  hasOverrun: boolean,
): RepriseError {
  if (error instanceof RepriseError) return error;
  const code = errorCode(error);
  const at = { where: connection, cause: error };
  if (hasOverrun || code === '57014') {
    const ms = hasOverrun ? limits.overrunMs : limits.statementTimeoutMs;
    return new RepriseError(
      'derived-state-unavailable',
      `The invariant ran longer than ${ms} ms on connection ${connection} and was ended. Make it cheaper, for instance with an index.`,
      at,
    );
  }
  // Class 42: names and types that don't fit; 25006: a write that only running it brought out.
  if (code.startsWith('42') && code !== '42501') return refused(`PostgreSQL says: ${messageOf(error)}.`);
  if (code === '25006') return refused(`it would write: ${messageOf(error)}.`);
  const remedy = remedyFor(error);
  return new RepriseError(
    'derived-state-unavailable',
    `The invariant could not run on connection ${connection}: ${messageOf(error)}.${remedy ? ` ${remedy}` : ''}`,
    at,
  );
}
