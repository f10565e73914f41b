import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction, UnitOfWork } from '../../application/ports/unit-of-work.ts';
import { refusalOf } from './refusals.ts';

/** Transactions over a pool, each on one connection: statements, COPY, jobs and the audit alike go through it. */
export function createUnitOfWork(pool: pg.Pool): UnitOfWork {
  return {
    async run(work, options) {
      const client = await pool.connect();
      let broken = false;
      try {
        await client.query(
          options?.snapshot === true ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN',
        );
        const result = await work(transactionOn(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        broken = !(await rolledBack(client));
        throw refusalOf(error) ?? error;
      } finally {
        // A connection whose transaction could not be ended is closed, so that nobody continues in it.
        client.release(broken);
      }
    },
  };
}

function transactionOn(client: pg.PoolClient): Transaction {
  return {
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const { rows } = await client.query(text, [...values]);
      return rows as Row[];
    },
    async copyIn(statement, chunks) {
      const stream = client.query(copyFrom(statement));
      await pipeline(chunks, stream);
      return stream.rowCount;
    },
  };
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
