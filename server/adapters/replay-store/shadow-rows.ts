import type { PlacedShadowRow, ShadowRow } from '../../application/ports/replay-store.ts';
import type { ResultStore } from '../../application/ports/result-store.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { type CopyValue, copyChunks } from './copy-text.ts';
import { cursorRows } from './cursor-rows.ts';

const columns = 'replay_id, partition, key, state, last_offset, events';

function* shadowValues(
  replayId: string,
  partition: number,
  rows: Iterable<ShadowRow>,
): Generator<readonly CopyValue[]> {
  for (const row of rows) yield [replayId, partition, row.key, row.state, row.lastOffset, row.events];
}

/** Writes shadow rows by COPY: straight in where the partition has none yet, else through a staging table. */
export async function writeShadow(
  tx: Transaction,
  replayId: string,
  partition: number,
  rows: readonly ShadowRow[],
  fresh: boolean,
): Promise<void> {
  if (rows.length === 0) return;
  const chunks = copyChunks(shadowValues(replayId, partition, rows));
  if (fresh) {
    await tx.copyIn(`COPY shadow_state (${columns}) FROM STDIN`, chunks);
    return;
  }
  await tx.query(
    `CREATE TEMPORARY TABLE IF NOT EXISTS staged_shadow
       (replay_id uuid, partition int, key text COLLATE "C", state json, last_offset bigint, events bigint)
     ON COMMIT DELETE ROWS`,
  );
  await tx.copyIn(`COPY staged_shadow (${columns}) FROM STDIN`, chunks);
  await tx.query(
    `INSERT INTO shadow_state (${columns}) SELECT ${columns} FROM staged_shadow ORDER BY key
     ON CONFLICT (replay_id, key, partition) DO UPDATE
       SET state = excluded.state, last_offset = excluded.last_offset, events = excluded.events`,
  );
  await tx.query('TRUNCATE staged_shadow');
}

type Row = {
  partition: number;
  key: string;
  state: string;
  last_offset: string;
  events: string;
  spread: boolean;
};
const selected = 'partition, key, state::text, last_offset::text, events::text, spread';

function toPlaced(row: Row): PlacedShadowRow {
  return {
    partition: row.partition,
    key: row.key,
    state: row.state,
    lastOffset: BigInt(row.last_offset),
    events: BigInt(row.events),
    spread: row.spread,
  };
}

async function* shadowInKeyOrder(
  tx: Transaction,
  replayId: string,
): AsyncGenerator<readonly PlacedShadowRow[]> {
  const batches = cursorRows<Row>(
    tx,
    `SELECT ${selected} FROM shadow_state WHERE replay_id = $1 ORDER BY key COLLATE "C", partition`,
    [replayId],
    5000,
  );
  for await (const batch of batches) yield batch.map(toPlaced);
}

async function shadowOf(
  tx: Transaction,
  replayId: string,
  keys: readonly string[],
): Promise<readonly PlacedShadowRow[]> {
  const rows = await tx.query<Row>(
    `SELECT ${selected} FROM shadow_state WHERE replay_id = $1 AND key = ANY($2)
     ORDER BY key COLLATE "C", partition`,
    [replayId, keys],
  );
  return rows.map(toPlaced);
}

async function* keysTouchedSince(
  tx: Transaction,
  replayId: string,
  partition: number,
  offset: bigint,
): AsyncGenerator<readonly string[]> {
  const batches = cursorRows<{ key: string }>(
    tx,
    'SELECT key FROM shadow_state WHERE replay_id = $1 AND partition = $2 AND last_offset >= $3',
    [replayId, partition, offset.toString()],
    5000,
  );
  for await (const batch of batches) yield batch.map((row) => row.key);
}

async function* keysInTwoPartitions(
  tx: Transaction,
  replayId: string,
): AsyncGenerator<readonly { readonly key: string; readonly partitions: readonly number[] }[]> {
  yield* cursorRows<{ key: string; partitions: number[] }>(
    tx,
    `SELECT key, array_agg(partition ORDER BY partition) AS partitions FROM shadow_state
     WHERE replay_id = $1 GROUP BY key HAVING count(*) > 1 ORDER BY key COLLATE "C"`,
    [replayId],
    1000,
  );
}

async function spreadKeys(tx: Transaction, replayId: string): Promise<readonly string[]> {
  const rows = await tx.query<{ key: string }>(
    'SELECT key FROM shadow_state WHERE replay_id = $1 AND spread ORDER BY key COLLATE "C"',
    [replayId],
  );
  return rows.map((row) => row.key);
}

async function replaceShadow(
  tx: Transaction,
  replayId: string,
  rows: readonly PlacedShadowRow[],
  gone: readonly string[],
): Promise<void> {
  const keys = [...gone, ...rows.map((row) => row.key)];
  if (keys.length === 0) return;
  await tx.query('DELETE FROM shadow_state WHERE replay_id = $1 AND key = ANY($2)', [replayId, keys]);
  const values = rows.map((row) => [
    replayId,
    row.partition,
    row.key,
    row.state,
    row.lastOffset,
    row.events,
    row.spread ? 't' : 'f',
  ]);
  if (rows.length > 0)
    await tx.copyIn(`COPY shadow_state (${columns}, spread) FROM STDIN`, copyChunks(values));
}

export const shadowRows: Pick<
  ResultStore,
  | 'shadowInKeyOrder'
  | 'shadowOf'
  | 'keysTouchedSince'
  | 'keysInTwoPartitions'
  | 'spreadKeys'
  | 'replaceShadow'
> = { shadowInKeyOrder, shadowOf, keysTouchedSince, keysInTwoPartitions, spreadKeys, replaceShadow };
