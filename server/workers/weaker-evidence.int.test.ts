import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type Tally,
} from '../../demo/testing/replay-world.ts';

/** What a replay says where a store or a broker tells less than it could. */
let world: ReplayWorld;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  world.startWorker(1);
});
afterAll(() => world.close());

const added = (count: number): Tally[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `e${i}`,
    key: `item-${i % 20}`,
    value: { amount: (i % 7) + 1 },
  }));

async function recordOf(replayId: string) {
  const { rows } = await world.pool.query<{ text: string }>(
    `SELECT convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE replay_id = $1`,
    [replayId],
  );
  return JSON.parse(rows[0]?.text ?? '{}').predicate;
}

async function explanations(replayId: string) {
  const { rows } = await world.pool.query(
    'SELECT key, explanation FROM discrepancy WHERE replay_id = $1 ORDER BY key',
    [replayId],
  );
  return rows;
}

describe('a derived state that does not tell its position', () => {
  const withoutPosition = (source: string) =>
    source.replace("      position: perPartition({ table: 'shelf_position' }),\n", '');

  /** The reader's snapshot of the shelf, which stands while the second one is waited for. */
  const firstLook = () =>
    eventually('the first look to be over', 60_000, async () => {
      const { rows } = await world.pool.query<{ query: string }>(
        `SELECT query FROM pg_stat_activity
         WHERE usename LIKE 'reprise_reader_%' AND state = 'idle in transaction'`,
      );
      return { done: rows.length > 0, value: rows, seen: rows };
    });

  async function settled(events: readonly Tally[]) {
    const topic = await world.topic(2);
    await world.contract('tally', topic, withoutPosition);
    await world.produce(topic, events);
    return topic;
  }

  it('is different only where the difference stands after a wait, and the record says which way was used', async () => {
    const events = added(200);
    await settled(events);
    await projectShelf(world.pool, events, []);
    await world.pool.query(`UPDATE shelf SET total = total - 1 WHERE item = 'item-5'`);
    await world.pool.query(`UPDATE shelf SET total = total - 1 WHERE item = 'item-6'`);
    const { replayId } = await world.launch('tally');
    await firstLook();
    await world.pool.query(`UPDATE shelf SET total = total + 1 WHERE item = 'item-6'`);
    const row = await world.ended(replayId);
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'different' });
    expect((await explanations(replayId)).map((each) => each.key)).toEqual(['item-5']);
    const { comparisons, does_not_prove } = await recordOf(replayId);
    expect(comparisons).toEqual([
      expect.objectContaining({
        derivedState: 'shelf',
        mode: 'settled',
        appliedPositions: [],
        outcome: 'different',
        keys: 20,
        equal: 19,
        different: 1,
      }),
    ]);
    expect(does_not_prove).toContainEqual(
      expect.stringMatching(
        /^That shelf was read at an exact position: it has none, and was compared after it/,
      ),
    );
  });

  it('agrees with a history that went on meanwhile, once it has caught up', async () => {
    const events = added(200);
    const topic = await settled(events);
    await projectShelf(world.pool, events, []);
    // History is ahead of the shelf when it is looked at first, and the shelf is where history is the second time.
    const later: Tally[] = [{ id: 'later', key: 'item-3', value: { amount: 50 } }];
    await world.produce(topic, later);
    const { replayId } = await world.launch('tally', {
      scope: { kind: 'partitions', partitions: [0, 1] },
    });
    await firstLook();
    await world.produce(topic, [{ id: 'last', key: 'item-4', value: { amount: 60 } }]);
    await world.pool.query(`UPDATE shelf SET total = total + 50 WHERE item = 'item-3'`);
    await world.pool.query(`UPDATE shelf SET total = total + 60 WHERE item = 'item-4'`);
    const row = await world.ended(replayId);
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'equal' });
    expect((await recordOf(replayId)).comparisons).toMatchObject([{ mode: 'settled', outcome: 'equal' }]);
  });
});

describe('a dead-letter topic that can not be read', () => {
  it('leaves open whether an event was parked, in every explanation', async () => {
    const topic = await world.topic(1);
    const events = added(100);
    await world.produce(topic, events);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    await world.pool.query(`UPDATE shelf SET total = total - 1000 WHERE item = 'item-1'`);
    await world.pool.query(`UPDATE shelf SET total = total - 7 WHERE item = 'item-6'`);
    await world.admin.deleteTopics({ topics: [`${topic}.dead`] });
    await sleep(200);
    const { replayId } = await world.launch('tally');
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', agreement: 'different' });
    const open = new RegExp(`Whether an event was parked is not known: .*${topic}\\.dead`);
    expect(await explanations(replayId)).toEqual([
      {
        key: 'item-1',
        explanation: expect.objectContaining({ outcome: 'none', sentence: expect.stringMatching(open) }),
      },
      {
        key: 'item-6',
        explanation: expect.objectContaining({
          sentence: expect.stringMatching(open),
          candidates: expect.arrayContaining([
            expect.objectContaining({ cause: 'never-applied', certainty: 'fits', deadLetter: null }),
          ]),
        }),
      },
    ]);
  });
});
