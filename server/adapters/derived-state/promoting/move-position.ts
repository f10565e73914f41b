import type { ClientBase } from 'pg';
import type { AppliedPositionMover } from '../../../application/ports/applied-position-mover.ts';
import type { PostgresState } from '../../../domain/contract/index.ts';
import {
  type Connections,
  fixedOutput,
  messageOf,
  quoteName,
  quoteTable,
  withClient,
} from '../../connections.ts';
import { readApplied } from '../applied.ts';
import { inTarget, unfit } from './target-errors.ts';

type State = PostgresState<unknown>;

/** Its projector waits so long at most; the broker is asked within. */
const HOLD_MS = 25_000;
const LOCK_TIMEOUT_MS = 5_000;

/** Moves positions of derived states in PostgreSQL through the role that promotes. */
export function openPositionMover(connect: Connections): AppliedPositionMover {
  return {
    read: (state, partition) =>
      inTarget(state, () =>
        withClient(connect(state.connection), async (client) => {
          await client.query(
            `BEGIN READ ONLY; ${fixedOutput}; SET LOCAL statement_timeout = ${LOCK_TIMEOUT_MS}`,
          );
          const at = await positionOf(client, state, partition, { lock: false });
          const { rows } = await client.query<{ may: boolean | null }>(
            `SELECT pg_catalog.has_table_privilege(current_user, pg_catalog.to_regclass($1), 'UPDATE')
               OR pg_catalog.has_any_column_privilege(current_user, pg_catalog.to_regclass($1), 'UPDATE') AS may`,
            [quoteTable(place(state).table)],
          );
          await client.query('COMMIT');
          if (rows[0]?.may !== true)
            throw unfit(
              state,
              `the role that promotes lacks UPDATE on ${place(state).table}.`,
              'docs/promotion.md lists what to grant.',
            );
          return at;
        }),
      ),
    move: (state, { partition, from, to }, meanwhile) =>
      inTarget(state, () =>
        withClient(connect(state.connection), async (client) => {
          await client.query(
            `BEGIN ISOLATION LEVEL READ COMMITTED; ${fixedOutput};
             SET LOCAL statement_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};
             SET LOCAL idle_in_transaction_session_timeout = ${HOLD_MS}`,
          );
          const at = await positionOf(client, state, partition, { lock: true });
          if (at !== from && at !== to) {
            await client.query('ROLLBACK');
            return { kind: 'overtaken', at };
          }
          await setPosition(client, state, partition, to);
          await meanwhile();
          try {
            await client.query('COMMIT');
            return { kind: 'moved' };
          } catch (error) {
            return { kind: 'unknown', problem: messageOf(error) };
          }
        }),
      ),
  };
}

function place(state: State) {
  const { position } = state;
  if (position?.kind === 'per-partition') return position;
  throw unfit(state, 'it keeps no applied position by partition.', null);
}

async function positionOf(
  client: ClientBase,
  state: State,
  partition: number,
  options: { readonly lock: boolean },
): Promise<bigint | null> {
  const applied = await readApplied(client, state, options);
  return applied.kind === 'per-partition' ? (applied.next.get(partition) ?? null) : null;
}

async function setPosition(client: ClientBase, state: State, partition: number, to: bigint): Promise<void> {
  const { table, partition: column, next, where } = place(state);
  const conditions = Object.keys(where).map((name, at) => ` AND ${quoteName(name)} = $${at + 3}`);
  const { rowCount } = await client.query(
    `UPDATE ${quoteTable(table)} SET ${quoteName(next)} = $1::bigint
      WHERE ${quoteName(column)} = $2::integer${conditions.join('')}`,
    [to.toString(), partition, ...Object.values(where)],
  );
  if (rowCount !== 1)
    throw unfit(state, `setting its position touched ${rowCount ?? 0} rows and not 1.`, null);
}
