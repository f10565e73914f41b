/** How far a projector is, what it has seen, and whether it is stalled: rows of its own database. */
import type pg from 'pg';

export async function isStalled(client: pg.ClientBase, projector: string): Promise<boolean> {
  const { rowCount } = await client.query('select from projector_control where projector = $1 and stalled', [
    projector,
  ]);
  return rowCount === 1;
}

/** Whether it stands still before a record that it can't decode, and parks none. */
export async function isHalting(client: pg.ClientBase, projector: string): Promise<boolean> {
  const { rowCount } = await client.query('select from projector_control where projector = $1 and halts', [
    projector,
  ]);
  return rowCount === 1;
}

/** Has the database take as much longer as the control row says, while the batch's transaction is open. */
export async function slowDown(client: pg.ClientBase, projector: string): Promise<void> {
  await client.query(
    'select pg_sleep(delay_ms / 1000.0) from projector_control where projector = $1 and delay_ms > 0',
    [projector],
  );
}

/**
 * Whether it is to be killed now, once: on a connection of its own, so that the word is taken back although what the
 * batch has done is not committed.
 */
export async function takeCrash(pool: pg.Pool, projector: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'update projector_control set crashes = false where projector = $1 and crashes',
    [projector],
  );
  return rowCount === 1;
}

/** Whether it is the release that reads every version. */
export async function isUpgraded(client: pg.ClientBase, projector: string): Promise<boolean> {
  const { rowCount } = await client.query('select from projector_control where projector = $1 and upgraded', [
    projector,
  ]);
  return rowCount === 1;
}

/** The next offset to apply, its row locked until the commit: two instances never apply the same record. */
export async function lockPosition(
  client: pg.ClientBase,
  projector: string,
  partition: number,
): Promise<bigint> {
  await client.query(
    `insert into applied_positions (projector, partition, next_offset) values ($1, $2, 0)
     on conflict do nothing`,
    [projector, partition],
  );
  const { rows } = await client.query<{ next_offset: string }>(
    'select next_offset from applied_positions where projector = $1 and partition = $2 for update',
    [projector, partition],
  );
  return BigInt(rows[0]?.next_offset ?? 0);
}

/** That everything up to this offset, and with it, is applied. */
export async function moveTo(
  client: pg.ClientBase,
  projector: string,
  partition: number,
  lastOffset: string,
): Promise<void> {
  await client.query(
    'update applied_positions set next_offset = $3 where projector = $1 and partition = $2',
    [projector, partition, (BigInt(lastOffset) + 1n).toString()],
  );
}

/** Keeps the first delivery of each event: its id is written in the transaction that applies it. */
export async function dropSeen<Delivered extends { readonly event: { readonly id: string } }>(
  client: pg.ClientBase,
  projector: string,
  delivered: readonly Delivered[],
): Promise<Delivered[]> {
  const { rows } = await client.query<{ event_id: string }>(
    `insert into processed_events (projector, event_id) select $1, unnest($2::text[])
     on conflict do nothing returning event_id`,
    [projector, delivered.map(({ event }) => event.id)],
  );
  const unseen = new Set(rows.map((row) => row.event_id));
  return delivered.filter(({ event }) => unseen.delete(event.id));
}
