import type { PoolClient, QueryArrayResult } from 'pg';
import type {
  AppliedAt,
  DerivedSnapshot,
  DerivedStateReader,
  LiveRow,
} from '../../application/ports/derived-state.ts';
import type { PostgresState, Scalar } from '../../domain/contract/index.ts';
import { type Connections, fixedOutput, withClient } from '../connections.ts';
import { readApplied } from './applied.ts';
import { inPlace, unavailable } from './errors.ts';
import { checkReadiness } from './readiness.ts';
import { readShape } from './shape.ts';
import { asText, inByteOrder, selectByKeys, selectNoRow, selectRows } from './statements.ts';
import { scalarOf } from './values.ts';

export type SnapshotLimits = {
  /** For each statement; a snapshot of a large table is many of them. */
  readonly statementTimeoutMs: number;
  /** How long a snapshot may lie unused, since it keeps the store from cleaning up. */
  readonly idleTimeoutMs: number;
  readonly batchRows: number;
};

const usual: SnapshotLimits = { statementTimeoutMs: 300_000, idleTimeoutMs: 600_000, batchRows: 10_000 };

type State = PostgresState<unknown>;

/** Reads live read models in PostgreSQL. It never writes; its transactions are READ ONLY besides. */
export function openDerivedStates(
  connect: Connections,
  limits: SnapshotLimits = usual,
): DerivedStateReader<State> {
  return {
    openSnapshot: (state) => openSnapshot(connect, state, limits),
    readiness: (name, state) => checkReadiness(connect, name, state),
    positionOf: (state) => readPosition(connect, state, limits),
    tryReading: async (state) => void (await readPosition(connect, state, limits)),
    rowsOf: async (state, keys) => {
      try {
        return await withClient(connect(state.connection), async (client) => {
          await client.query(begin(limits));
          const rows = await readKeys(client, state, (await readShape(client, state)).type, keys);
          await client.query('COMMIT');
          return rows;
        });
      } catch (error) {
        throw inPlace(state, error);
      }
    },
  };
}

const begin = (limits: SnapshotLimits) =>
  `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${fixedOutput};
   SET LOCAL statement_timeout = ${limits.statementTimeoutMs};
   SET LOCAL lock_timeout = 30000;
   SET LOCAL idle_in_transaction_session_timeout = ${limits.idleTimeoutMs}`;

async function readPosition(connect: Connections, state: State, limits: SnapshotLimits): Promise<AppliedAt> {
  try {
    return await withClient(connect(state.connection), async (client) => {
      await client.query(begin(limits));
      await readShape(client, state);
      const appliedAt = await readApplied(client, state);
      await client.query(selectNoRow(state));
      await client.query('COMMIT');
      return appliedAt;
    });
  } catch (error) {
    throw inPlace(state, error);
  }
}

async function openSnapshot(
  connect: Connections,
  state: State,
  limits: SnapshotLimits,
): Promise<DerivedSnapshot> {
  const client = await connect(state.connection)
    .connect()
    .catch((error: unknown) => {
      throw inPlace(state, error);
    });
  // Without a listener, a store that restarts would end this process and not only this snapshot.
  client.on('error', () => undefined);
  try {
    await client.query(begin(limits));
    const key = await readShape(client, state);
    const appliedAt = await readApplied(client, state);
    let cursors = 0;
    let closed = false;
    return {
      appliedAt,
      rows: () => readRows(client, state, `reprise_rows_${++cursors}`, limits.batchRows),
      rowsOf: (keys) =>
        readKeys(client, state, key.type, keys).catch((error: unknown) => {
          throw inPlace(state, error);
        }),
      stayOpen: async () => {
        await client.query('SELECT 1').catch((error: unknown) => {
          throw inPlace(state, error);
        });
      },
      close: async () => {
        if (closed) return;
        closed = true;
        // Closed rather than given back: its listener goes with it, and a snapshot is rare.
        await client.query('ROLLBACK').catch(() => undefined);
        client.release(true);
      },
    };
  } catch (error) {
    client.release(true);
    throw inPlace(state, error);
  }
}

/** A server-side cursor: the store sorts once, and memory here is one batch. */
async function* readRows(
  client: PoolClient,
  state: State,
  cursor: string,
  batchRows: number,
): AsyncGenerator<readonly LiveRow[]> {
  try {
    await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${selectRows(state)}${inByteOrder(state)}`);
    let previous: string | undefined;
    for (;;) {
      const result = await client.query<string[]>({
        text: `FETCH ${batchRows} FROM ${cursor}`,
        rowMode: 'array',
        types: asText,
      });
      if (result.rows.length === 0) break;
      const rows = toLiveRows(state, result);
      refuseTwins(state, rows, previous);
      previous = rows.at(-1)?.key;
      yield rows;
      if (rows.length < batchRows) break;
    }
    await client.query(`CLOSE ${cursor}`);
  } catch (error) {
    throw inPlace(state, error);
  }
}

async function readKeys(
  client: PoolClient,
  state: State,
  keyType: string,
  keys: readonly string[],
): Promise<readonly LiveRow[]> {
  if (keys.length === 0) return [];
  const { text, values } = selectByKeys(state, keyType, keys);
  const rows = toLiveRows(
    state,
    await client.query<string[]>({ text, values, rowMode: 'array', types: asText }),
  );
  refuseTwins(state, rows, undefined);
  return rows;
}

export function toLiveRows(state: State, result: QueryArrayResult<(string | null)[]>): LiveRow[] {
  const names = Object.keys(state.fields);
  const parsers = result.fields.slice(1).map(scalarOf);
  return result.rows.map((row) => {
    const key = row[0];
    if (key === null || key === undefined) {
      throw unavailable(
        state,
        'a row has no key, so it belongs to nothing in the history.',
        'Make it NOT NULL.',
        {
          column: state.key,
        },
      );
    }
    const fields: Record<string, Scalar> = {};
    for (let i = 0; i < names.length; i += 1) {
      const text = row[i + 1] ?? null;
      fields[names[i] ?? ''] = text === null ? null : (parsers[i]?.(text) ?? null);
    }
    return { key, fields };
  });
}

/** A key with two rows has no one live value: comparing either would hide the other. */
function refuseTwins(state: State, rows: readonly LiveRow[], previous: string | undefined): void {
  let before = previous;
  for (const { key } of rows) {
    if (key === before) {
      const remedy = `Compare a table or view with one row a ${state.key}, and give it a unique index.`;
      throw unavailable(state, `key ${key} has more than one row.`, remedy, { column: state.key });
    }
    before = key;
  }
}
