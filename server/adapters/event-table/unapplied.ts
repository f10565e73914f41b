import type { EventTableLag } from '../../application/ports/lag.ts';
import type { PostgresHistory } from '../../domain/contract/index.ts';
import type { Connections } from '../connections.ts';
import { ROW, readLayout } from './layout.ts';
import { currentBound, inSnapshot } from './snapshot.ts';

/** Counted so far; beyond it the answer says that there are more. */
const COUNTED = 10_000;
/** A table that takes longer makes a gap. */
const STATEMENT_MS = 3_000;

/** How many final rows of an event table a state with a cursor has not applied, and how old the next one is. */
export function openEventTableLag(history: PostgresHistory, connect: Connections): EventTableLag {
  return {
    unapplied: ({ transactionId: xid, position: place }) =>
      inSnapshot(connect, history, async (client) => {
        await client.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
        const { sql } = await readLayout(client, history);
        const bound = await currentBound(client);
        const rows = `FROM ${sql.table} AS ${ROW}
          WHERE ${sql.transactionId} < '${bound}'::xid8
            AND (${sql.transactionId}, ${sql.position}) > ('${xid}'::xid8, ${place})
          ORDER BY ${sql.transactionId}, ${sql.position}`;
        const next = await client.query<{ ms: string }>(
          `SELECT ${sql.timestampMs}::text AS ms ${rows} LIMIT 1`,
        );
        const [first] = next.rows;
        if (first === undefined) return { rows: 0, atLeast: false, nextMs: null };
        const counted = await client.query<{ rows: number }>(
          `SELECT count(*)::int AS rows FROM (SELECT 1 ${rows} LIMIT ${COUNTED + 1}) AS unapplied`,
        );
        const found = counted.rows[0]?.rows ?? 0;
        const nextMs = Number(first.ms);
        return {
          rows: Math.min(found, COUNTED),
          atLeast: found > COUNTED,
          nextMs: nextMs < 0 ? null : nextMs,
        };
      }),
  };
}
