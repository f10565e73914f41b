import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from './lifetime.ts';

/** A pool that survives its server's restart: a lost idle connection is logged, and the next query opens another. */
export function openPool(url: string, log: Logger, size = 4): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: size, connectionTimeoutMillis: 5_000 });
  const lost = (error: Error) => log.warn({ reason: error.message }, 'lost a database connection');
  pool.on('error', lost);
  // The pool listens to its idle clients only; one that is in use reports its loss through its query as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** Classes 08 (connection), 40 (serialization, deadlock), 53 (resources) and 57 (the server is going or coming). */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^(08|40|53|57)/.test(code)) return true;
  if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code)) return true;
  return /Connection terminated|not queryable|timeout exceeded when trying to connect/.test(error.message);
}

/** Tries the same work again while its failure is one that passes. Any other failure is thrown. */
export async function persist<T>(work: () => Promise<T>, log: Logger, stopped: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || stopped.aborted) throw error;
      const waitMs = Math.min(5_000, 100 * 2 ** attempt);
      log.warn(
        { reason: error instanceof Error ? error.message : '', waitMs },
        'the database failed; trying again',
      );
      await pause(waitMs, undefined, { signal: stopped }).catch(() => undefined);
    }
  }
}
