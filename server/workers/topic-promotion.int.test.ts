import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  approve,
  askFor,
  promotionEnded,
  promotionLeaseRunsOut,
  promotionOf,
  type Someone,
  signIn,
} from '../../demo/testing/promotions.ts';
import { eventually, openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { openTransactional, startTopicProjector } from '../../demo/testing/topic-projector.ts';
import { openTopicShelf, rowOf, type TopicShelf, tallies } from '../../demo/testing/topic-shelf.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('a promotion of a derived state in a compacted topic', () => {
  let world: ReplayWorld;
  let olga: Someone;
  let ada: Someone;
  beforeAll(async () => {
    world = await openReplayWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    world.startWorker();
    olga = await signIn(world.pool, 'olga', ['operator']);
    ada = await signIn(world.pool, 'ada', ['approver']);
  });
  afterAll(() => world?.close());

  /** The headers of the last record of each key, as another client than Reprise's reads them. */
  async function headersOf(shelf: TopicShelf, keys: readonly string[]) {
    const found: Record<string, Record<string, string>> = {};
    const offsets = await world.admin.fetchTopicOffsets(shelf.topic);
    const consumer = world.kafka.consumer({ groupId: `${shelf.topic}-${randomUUID()}`, maxWaitTimeInMs: 20 });
    await consumer.connect();
    await consumer.subscribe({ topics: [shelf.topic], fromBeginning: true });
    const last = new Map<number, number>();
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { key, headers } of batch.messages)
          found[String(key)] = Object.fromEntries(
            Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]),
          );
        last.set(batch.partition, Number(batch.lastOffset()));
      },
    });
    await eventually('all rows to be read', 30_000, async () => ({
      // The very last offset is a commit marker, which no consumer is given.
      done: offsets.every(({ partition, offset }) => (last.get(partition) ?? -1) >= Number(offset) - 2),
      value: null,
      seen: [...last],
    }));
    await consumer.disconnect();
    return Object.fromEntries(keys.map((key) => [key, found[key]]));
  }

  async function replayed(agreement = 'different'): Promise<string> {
    const { replayId } = await world.launch('tally-topic');
    expect(await world.ended(replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement,
    });
    return replayId;
  }

  async function promoted(replayId: string, keys: readonly string[] | null = null) {
    const { promotionId } = await askFor(world, replayId, olga, keys);
    await approve(world, promotionId, ada);
    return promotionEnded(world.pool, promotionId);
  }

  it('sets what was approved in the whole value, and leaves all else and all others', async () => {
    const shelf = await openTopicShelf(world, tallies(40));
    await replayed('equal');
    await shelf.write([
      { key: 'K1', value: '{"total":7,"note":"mine","id":9007199254740993}' },
      { key: 'K2', value: rowOf('K2', 3) },
    ]);
    const ended = await promoted(await replayed(), ['K1']);
    expect(ended).toMatchObject({ status: 'promoted', outcome: { written: 1, alreadyRight: 0, changed: 0 } });
    expect(ended.outcome?.after?.comparisons).toMatchObject([{ outcome: 'equal', equal: 1 }]);
    expect(await shelf.totals()).toEqual({ K0: 10, K1: 10, K2: 3, K3: 10 });
    expect((await shelf.rows()).get('K1')).toMatchObject({ note: 'mine' });
  });

  it('inserts, deletes, and brings both back when it is undone, with all that a deleted row held', async () => {
    const shelf = await openTopicShelf(world, tallies(40), 1);
    await shelf.write([
      { key: 'K1', value: null },
      { key: 'K9', value: rowOf('K9', 5) },
    ]);
    const done = await promoted(await replayed());
    expect(done).toMatchObject({ status: 'promoted', outcome: { written: 2 } });
    expect(await shelf.totals()).toEqual({ K0: 10, K1: 10, K2: 10, K3: 10 });
    const { promotionId } = await world.commands.requestUndo({
      promotionId: done.id,
      reason: 'it was right before',
      actor: olga.personId,
      sessionId: olga.sessionId,
    });
    await approve(world, promotionId, ada);
    expect(await promotionEnded(world.pool, promotionId)).toMatchObject({
      status: 'promoted',
      outcome: { written: 2 },
    });
    const rows = await shelf.rows();
    expect([...rows.keys()].toSorted()).toEqual(['K0', 'K2', 'K3', 'K9']);
    expect(rows.get('K9')).toEqual({ total: 5, note: 'about K9' });
  });

  it('keeps the headers of a row, gives those of all rows to a new one, and brings back those of a deleted one', async () => {
    // Enough rows to tell where a new one goes.
    const shelf = await openTopicShelf(world, tallies(48, 24));
    const headers = { __TypeId__: 'shelf.Row', trace: Buffer.from([0xff, 0]) };
    const written = await shelf.rows();
    await shelf.write([
      ...[...written].map(([key, row]) => ({ key, headers, value: JSON.stringify(row) })),
      { key: 'K1', headers, value: rowOf('K1', 7) },
      { key: 'K2', value: null },
      { key: 'K99', headers, value: rowOf('K99', 5) },
    ]);
    const done = await promoted(await replayed());
    expect(done).toMatchObject({ status: 'promoted', outcome: { written: 3 } });
    const expected = { __TypeId__: 'shelf.Row', trace: Buffer.from([0xff, 0]).toString() };
    expect(await headersOf(shelf, ['K1', 'K2'])).toEqual({ K1: expected, K2: expected });
    const { promotionId } = await world.commands.requestUndo({
      promotionId: done.id,
      reason: 'it was right before',
      actor: olga.personId,
      sessionId: olga.sessionId,
    });
    await approve(world, promotionId, ada);
    expect(await promotionEnded(world.pool, promotionId)).toMatchObject({ status: 'promoted' });
    expect(await headersOf(shelf, ['K99'])).toEqual({ K99: expected });
  });

  it('waits while the projector runs, goes on once it is stopped, and the projector goes on from there', async () => {
    const shelf = await openTopicShelf(world, tallies(80));
    await shelf.write([{ key: 'K1', value: rowOf('K1', 7) }]);
    const projector = await startTopicProjector(world.kafka, shelf);
    await world.produce(shelf.history, tallies(8));
    await eventually('the projector to follow', 30_000, async () => ({
      done: projector.applied() === 8,
      value: null,
      seen: projector.applied(),
    }));
    const { promotionId } = await askFor(world, await replayed(), olga);
    await approve(world, promotionId, ada);
    const waiting = await eventually('the promotion to wait', 30_000, async () => {
      const seen = await promotionOf(world.pool, promotionId);
      return { done: seen.problem !== null, value: seen, seen };
    });
    expect(waiting).toMatchObject({
      status: 'queued',
      problem: expect.stringContaining(
        `its projector runs: group ${shelf.group} has 1 member. Stop it: the promotion goes on by itself then.`,
      ),
    });
    await projector.stop();
    await world.produce(shelf.history, tallies(8));
    await promotionLeaseRunsOut(world.pool, promotionId);
    expect(await promotionEnded(world.pool, promotionId)).toMatchObject({
      status: 'promoted',
      outcome: { written: 1, changed: 0 },
    });
    const again = await startTopicProjector(world.kafka, shelf);
    await world.produce(shelf.history, tallies(8));
    await eventually('the projector to apply the rest', 30_000, async () => ({
      done: again.applied() === 16,
      value: null,
      seen: again.applied(),
    }));
    await again.stop();
    expect(await shelf.totals()).toEqual({ K0: 26, K1: 26, K2: 26, K3: 26 });
    await replayed('equal');
  });

  it('that waits for its projector to be stopped can be withdrawn, and nothing of it is written', async () => {
    const shelf = await openTopicShelf(world, tallies(40));
    await shelf.write([{ key: 'K1', value: rowOf('K1', 7) }]);
    const replayId = await replayed();
    const projector = await startTopicProjector(world.kafka, shelf);
    try {
      await eventually('the projector to be in its group', 30_000, async () => {
        const { groups } = await world.admin.describeGroups([shelf.group]);
        const seen = groups[0]?.members.length ?? 0;
        return { done: seen === 1, value: null, seen };
      });
      const { promotionId } = await askFor(world, replayId, olga);
      await approve(world, promotionId, ada);
      const tried = async (times: number) =>
        eventually(`the promotion to wait ${times} times`, 30_000, async () => {
          const { rows } = await world.pool.query<{ retries: number; status: string }>(
            'SELECT retries, status FROM promotion WHERE id = $1',
            [promotionId],
          );
          return { done: (rows[0]?.retries ?? 0) >= times, value: rows[0]?.status, seen: rows };
        });
      // However often it was tried.
      expect(await tried(2)).toBe('queued');
      await world.commands.withdrawPromotion({ promotionId, reason: 'never mind', actor: olga.personId });
      expect(await promotionOf(world.pool, promotionId)).toMatchObject({
        status: 'withdrawn',
        problem: null,
        outcome: null,
      });
    } finally {
      await projector.stop();
    }
    expect(await shelf.totals()).toMatchObject({ K1: 7 });
  });

  it('bars a projector that stands still in the middle of a transaction: when it goes on it writes nothing', async () => {
    const shelf = await openTopicShelf(world, tallies(40));
    await shelf.write([{ key: 'K1', value: rowOf('K1', 7) }]);
    const replayId = await replayed();
    const zombie = await openTransactional(world.kafka, shelf.transactionalId);
    const transaction = await zombie.transaction();
    await transaction.send({ topic: shelf.topic, messages: [{ key: 'K1', value: rowOf('K1', 8) }] });
    await transaction.sendOffsets({
      consumerGroupId: shelf.group,
      topics: [{ topic: shelf.history, partitions: [{ partition: 0, offset: '0' }] }],
    });
    expect(await promoted(replayId)).toMatchObject({ status: 'promoted', outcome: { written: 1 } });
    await expect(
      transaction.send({ topic: shelf.topic, messages: [{ key: 'K1', value: rowOf('K1', 9) }] }),
    ).rejects.toThrow();
    await expect(transaction.commit()).rejects.toThrow();
    await zombie.disconnect();
    expect(await shelf.totals()).toMatchObject({ K1: 10 });
    await replayed('equal');
  });

  it('names what its target lacks before anybody is bothered, and not that its projector runs', async () => {
    const shelf = await openTopicShelf(world, tallies(40));
    await shelf.write([{ key: 'K1', value: rowOf('K1', 7) }]);
    const replayId = await replayed();
    await world.admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: shelf.topic, configEntries: [{ name: 'cleanup.policy', value: 'compact,delete' }] },
      ],
    });
    await expect(askFor(world, replayId, olga)).rejects.toThrow(/cleanup\.policy of .* is compact,delete/);
    await world.admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: shelf.topic, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      ],
    });
    await world.admin.deleteTopics({ topics: [`${shelf.topic}.reprise-promotion`] });
    await expect(askFor(world, replayId, olga)).rejects.toThrow(
      /reprise-promotion does not exist at .* docs\/promotion\.md says how to make it/,
    );
  });
});
