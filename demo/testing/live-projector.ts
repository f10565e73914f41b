/** A projector of the shelf that runs: it locks its position, reads the row, and writes what it comes to. */
import type { Kafka } from 'kafkajs';
import type pg from 'pg';

export type LiveProjector = {
  /** Messages applied so far. */
  applied(): number;
  stop(): Promise<void>;
};

/**
 * Follows a topic from its beginning, over shelf and shelf_position. Like most projectors it computes a row from the
 * row that it has read, so that a write in between would be lost if nothing held it off.
 */
export async function startProjector(kafka: Kafka, pool: pg.Pool, topic: string): Promise<LiveProjector> {
  const consumer = kafka.consumer({ groupId: `${topic}-projector`, maxWaitTimeInMs: 20 });
  let applied = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const amount: unknown = JSON.parse(message.value?.toString() ?? '{}').amount;
      if (typeof amount !== 'number' || message.key === null) return;
      if (await apply(pool, partition, BigInt(message.offset), message.key.toString(), amount)) applied += 1;
    },
  });
  return { applied: () => applied, stop: () => consumer.disconnect() };
}

async function apply(
  pool: pg.Pool,
  partition: number,
  offset: bigint,
  item: string,
  amount: number,
): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const position = await client.query<{ next_offset: string }>(
      'SELECT next_offset::text FROM shelf_position WHERE partition = $1 FOR UPDATE',
      [partition],
    );
    const next = BigInt(position.rows[0]?.next_offset ?? 0);
    if (offset < next) {
      await client.query('ROLLBACK');
      return false;
    }
    const before = await client.query<{ total: number }>('SELECT total FROM shelf WHERE item = $1', [item]);
    await client.query(
      'INSERT INTO shelf VALUES ($1, $2) ON CONFLICT (item) DO UPDATE SET total = excluded.total',
      [item, (before.rows[0]?.total ?? 0) + amount],
    );
    await client.query(
      `INSERT INTO shelf_position VALUES ($1, $2)
       ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset`,
      [partition, (offset + 1n).toString()],
    );
    await client.query('COMMIT');
    return true;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
