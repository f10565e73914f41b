import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { shelfTables } from '../../demo/testing/projector.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';

let world: ReplayWorld;
let topic: string;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  world.startWorker(1);
});
beforeEach(async () => {
  topic = await world.topic(2);
  await world.producerFor(topic, 2);
});
afterAll(() => world.close());

const at = (partition: number, id: string, key: string, amount: number): Tally => ({
  id,
  key,
  value: { amount },
  partition,
});

/** Each write is later than the one before, also by the history's own time. */
async function write(...events: readonly Tally[]) {
  for (const event of events) await world.produce(topic, [event]);
}

async function shelfAt(positions: readonly [number, number], totals: Readonly<Record<string, number>>) {
  await world.pool.query('TRUNCATE shelf, shelf_position');
  for (const [item, total] of Object.entries(totals))
    await world.pool.query('INSERT INTO shelf VALUES ($1, $2)', [item, total]);
  for (const [partition, next] of positions.entries())
    await world.pool.query('INSERT INTO shelf_position VALUES ($1, $2)', [partition, next]);
}

/** Of the plan that ends at these offsets; the whole topic where none are given. */
const replayed = (...ends: readonly number[]) => replayedOf(ends.map((to) => [0, to]));

async function replayedOf(bounds: readonly (readonly [from: number, to: number])[]) {
  const ranges = bounds.map(([from, to], partition) => ({ partition, from: String(from), to: String(to) }));
  const { replayId } = await world.launch(
    'tally',
    ranges.length === 0 ? {} : { scope: { kind: 'offsets', ranges } },
  );
  const row = await world.ended(replayId);
  const discrepancies = await world.pool.query<{ key: string; delta: number; explanation: unknown }>(
    `SELECT key, (fields->0->>'delta')::int AS delta, explanation FROM discrepancy WHERE replay_id = $1 ORDER BY key`,
    [replayId],
  );
  const shadow = await world.pool.query<{ key: string; total: number }>(
    `SELECT key, (state->>'total')::int AS total FROM shadow_state WHERE replay_id = $1 ORDER BY key`,
    [replayId],
  );
  return {
    replayId,
    row,
    discrepancies: discrepancies.rows,
    shadow: Object.fromEntries(shadow.rows.map(({ key, total }) => [key, total])),
  };
}

describe('a redelivery in another partition, beyond the end of the plan', () => {
  it('is no second event for a read model that knows the id, and agrees', async () => {
    await write(at(0, 'a', 'k', 5), at(0, 'b', 'k', 7), at(1, 'c', 'm', 1), at(1, 'a', 'k', 5));
    await shelfAt([2, 2], { k: 12, m: 1 });
    expect((await replayed(2, 1)).row).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
  });

  it('is what a read model that took it for a new one applied twice, and that is said', async () => {
    await write(at(0, 'a', 'k', 5), at(0, 'b', 'k', 7), at(1, 'c', 'm', 1), at(1, 'a', 'k', 5));
    await shelfAt([2, 2], { k: 17, m: 1 });
    const { row, discrepancies } = await replayed(2, 1);
    expect(row).toMatchObject({ confidence: 'trusted', agreement: 'different' });
    expect(discrepancies).toMatchObject([
      {
        key: 'k',
        delta: 5,
        explanation: {
          candidates: [{ cause: 'applied-twice', eventId: 'a', redeliveredAt: '1', certainty: 'proven' }],
        },
      },
    ]);
  });

  it('is none under another key either', async () => {
    await write(at(0, 'a', 'k', 5), at(1, 'c', 'm', 1), at(1, 'a', 'm', 5));
    await shelfAt([1, 2], { k: 5, m: 1 });
    expect((await replayed(1, 1)).row).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
  });

  it('is none where the first delivery is beyond the end as well', async () => {
    await write(
      at(0, 'a', 'k', 5),
      at(1, 'c', 'm', 1),
      at(0, 'd', 'k', 3),
      at(1, 'd', 'm', 3),
      at(1, 'd', 'n', 3),
    );
    await shelfAt([2, 3], { k: 8, m: 1 });
    expect((await replayed(1, 1)).row).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
  });

  it('is said to be one in what explains its key, where the first delivery is beyond the end too and its key agrees', async () => {
    await write(at(0, 'a', 'k', 5), at(1, 'c', 'm', 1), at(0, 'd', 'k', 3), at(1, 'd', 'm', 3));
    await shelfAt([2, 2], { k: 8, m: 4 });
    const { replayId, row, discrepancies } = await replayed(1, 1);
    expect(row).toMatchObject({ confidence: 'trusted', agreement: 'different' });
    expect(discrepancies).toMatchObject([{ key: 'm', delta: 3 }]);
    expect(discrepancies[0]?.explanation).not.toMatchObject({ outcome: 'not-searched' });
    const { rows } = await world.pool.query<{ steps: unknown }>(
      `SELECT steps FROM key_trace WHERE replay_id = $1 AND key = 'm'`,
      [replayId],
    );
    expect(rows[0]?.steps).toMatchObject([
      { eventId: 'c', outcome: 'applied' },
      { eventId: 'd', outcome: 'conflicting-duplicate', duplicateOf: 'p0:1' },
    ]);
  });

  it('is the first one for a read model that has not come to the other, and is merely behind', async () => {
    await write(at(0, 'a', 'k', 5), at(0, 'b', 'k', 7), at(1, 'c', 'm', 1), at(1, 'a', 'k', 5));
    await shelfAt([0, 2], { k: 5, m: 1 });
    const { row, discrepancies } = await replayed(2, 1);
    expect(discrepancies).toEqual([]);
    expect(row).toMatchObject({ confidence: 'trusted', agreement: 'behind' });
  });
});

describe('a redelivery in another partition, within the plan', () => {
  it('under another key changes no state, and is counted once', async () => {
    await write(
      at(0, 'a', 'k', 5),
      at(1, 'c', 'm', 1),
      at(1, 'a', 'm', 5),
      at(1, 'a', 'n', 5),
      at(1, 'e', 'm', 2),
    );
    await shelfAt([1, 4], { k: 5, m: 3 });
    const { row, shadow } = await replayed();
    expect(shadow).toEqual({ k: 5, m: 3 });
    expect(row).toMatchObject({ confidence: 'suspect', agreement: 'equal' });
    expect(row.counters).toMatchObject({ applied: 3, duplicates: 2, conflictingDuplicates: 2 });
  });

  it('is the first one for a read model that has not come to the other, under whatever key', async () => {
    await write(at(0, 'a', 'k', 5), at(1, 'c', 'm', 1), at(1, 'a', 'm', 5), at(1, 'e', 'm', 2));
    await shelfAt([0, 3], { m: 8 });
    const { row, discrepancies } = await replayed();
    expect(discrepancies).toEqual([]);
    expect(row).toMatchObject({ agreement: 'behind', confidence: 'suspect' });
  });

  it('stays a redelivery where a read model is behind in its own partition', async () => {
    await write(at(0, 'a', 'k', 5), at(1, 'c', 'm', 1), at(1, 'a', 'm', 5), at(1, 'e', 'm', 2));
    await shelfAt([1, 2], { k: 5, m: 1 });
    const { row, discrepancies } = await replayed();
    expect(discrepancies).toEqual([]);
    expect(row).toMatchObject({ agreement: 'behind', confidence: 'suspect' });
  });
});

describe('a redelivery that the fold of its partition has taken for an event', () => {
  /** Every amount has to follow the one before it. */
  const inOrder = (source: string) =>
    source
      .replace("partitioner: 'murmur2'", "partitioner: 'murmur2', sequence: fromValue('amount')")
      .replace('fromKey,', 'fromKey, fromValue,');

  async function foundOf(replayId: string) {
    const { rows } = await world.pool.query<{ kind: string; count: number; kept: string[] | null }>(
      `SELECT kind, sum(count)::int AS count,
         (SELECT array_agg(f.partition || ':' || f."offset" ORDER BY 1) FROM replay_finding f
          WHERE f.replay_id = c.replay_id AND f.kind = c.kind) AS kept
       FROM replay_finding_count c WHERE replay_id = $1 GROUP BY replay_id, kind ORDER BY kind`,
      [replayId],
    );
    return Object.fromEntries(rows.map(({ kind, count, kept }) => [kind, [count, kept]]));
  }

  it('is a duplicate and nothing else: neither misplaced nor out of order, and nothing is for its sake', async () => {
    await world.contract('tally', topic, inOrder);
    // By murmur2 over two partitions k belongs in 0.
    const right = 0;
    const wrong = 1;
    await write(
      at(right, 'a', 'k', 1),
      at(right, 'b', 'k', 9),
      at(wrong, 'b', 'k', 9),
      at(wrong, 'a', 'k', 1),
    );
    const { replayId, row } = await replayed();
    expect(row.counters).toMatchObject({ applied: 2, duplicates: 2, misplaced: 0, outOfOrder: 0 });
    expect(await foundOf(replayId)).toEqual({
      duplicate: [2, ['1:0', '1:1']],
      'key-in-two-partitions': [1, ['1:0']],
    });
  });

  it('leaves an event of its own that is misplaced, and one that follows but for it', async () => {
    await world.contract('tally', topic, inOrder);
    await write(at(0, 'a', 'k', 9), at(1, 'a', 'k', 9), at(1, 'c', 'k', 2), at(1, 'd', 'k', 1));
    const { replayId, row } = await replayed();
    expect(row.counters).toMatchObject({ applied: 3, duplicates: 1, misplaced: 2, outOfOrder: 1 });
    expect(await foundOf(replayId)).toEqual({
      duplicate: [1, ['1:0']],
      'key-in-two-partitions': [1, ['1:0']],
      'misplaced-key': [1, ['1:1']],
      'out-of-order': [1, ['1:2']],
    });
  });
});

describe('a redelivery in another partition of what a base has counted', () => {
  it('changes no state, within the plan and beyond it', async () => {
    await write(at(0, 'a', 'k', 5), at(1, 'c', 'm', 1));
    await shelfAt([1, 1], { k: 5, m: 1 });
    expect((await replayed(1, 1)).row).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
    await write(
      at(0, 'f', 'n', 4),
      at(1, 'a', 'k', 5),
      at(0, 'c', 'm', 1),
      at(1, 'a', 'm', 5),
      at(1, 'e', 'm', 2),
    );
    await shelfAt([3, 4], { k: 5, m: 3, n: 4 });
    const { row, shadow } = await replayedOf([
      [1, 2],
      [1, 2],
    ]);
    expect(shadow).toEqual({ k: 5, m: 1, n: 4 });
    expect(row).toMatchObject({ agreement: 'equal' });
    expect(row.counters).toMatchObject({ applied: 1, duplicates: 1 });
  });

  it('is one also where retention has removed what the base has read, and an event beside it is folded onto the base', async () => {
    await write(at(0, 'a', 'k', 5), at(1, 'c', 'm', 1));
    await shelfAt([1, 1], { k: 5, m: 1 });
    expect((await replayed(1, 1)).row).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
    await world.truncate(topic, 0, '1');
    await world.truncate(topic, 1, '1');
    await write(
      at(0, 'f', 'n', 4),
      at(1, 'a', 'k', 5),
      at(1, 'c', 'm', 1),
      at(0, 'c', 'm', 1),
      at(1, 'g', 'k', 2),
      at(1, 'e', 'm', 2),
    );
    await shelfAt([3, 5], { k: 7, m: 3, n: 4 });
    const { replayId, row, shadow } = await replayedOf([
      [1, 3],
      [1, 5],
    ]);
    expect(row).toMatchObject({ status: 'finished', confidence: 'suspect', agreement: 'equal' });
    expect(shadow).toEqual({ k: 7, m: 3, n: 4 });
    expect(row.counters).toMatchObject({ applied: 3, duplicates: 3, conflictingDuplicates: 0 });
    const { rows } = await world.pool.query(
      `SELECT key, partition, "offset"::int FROM replay_finding
       WHERE replay_id = $1 AND kind = 'key-in-two-partitions' ORDER BY key`,
      [replayId],
    );
    expect(rows).toEqual([
      { key: 'k', partition: 1, offset: 1 },
      { key: 'm', partition: 0, offset: 2 },
    ]);
  });
});
