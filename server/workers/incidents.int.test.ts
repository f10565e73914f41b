import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';

/** What the end of a replay tells of. */
let world: ReplayWorld;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  world.startWorker(1);
});
afterAll(() => world.close());

const incidents = async () =>
  (
    await world.pool.query(
      `SELECT id, kind, cause, class, status, title, facts, told, cleared_at IS NULL AS goes_on FROM incident`,
    )
  ).rows;
const kinds = async (id: string) =>
  (
    await world.pool.query(
      'SELECT kind, detail ->> $2 AS action FROM incident_entry WHERE incident_id = $1 ORDER BY id',
      [id, 'action'],
    )
  ).rows.map(({ kind, action }) => (action === null ? kind : `${kind} ${action}`));

it('a replay that ends different opens one incident, and a trusted one of the whole that agrees clears it', async () => {
  const topic = await world.topic(2);
  const events: Tally[] = Array.from({ length: 100 }, (_, at) => ({
    id: `e${at}`,
    key: `item-${at % 10}`,
    value: { amount: (at % 7) + 1 },
  }));
  await world.produce(topic, events);
  await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
  await world.pool.query(`UPDATE shelf SET total = total - 1 WHERE item = 'item-5'`);

  const first = await world.launch('tally');
  expect(await world.ended(first.replayId)).toMatchObject({ agreement: 'different', confidence: 'trusted' });
  const second = await world.launch('tally');
  const { evidence_id: secondRecord } = await world.ended(second.replayId);
  const [incident, ...others] = await incidents();
  expect(others).toEqual([]);
  expect(incident).toMatchObject({
    kind: 'reconciliation',
    cause: 'reconciliation:tally',
    class: 'P2',
    status: 'detected',
    title: 'shelf differs from the history of tally.',
    facts: { shelf: '1 key of 10', 'the replay is': 'trusted' },
    told: 2,
    goes_on: true,
  });
  // The record that opened it belongs to it, and so does what was done while it was open.
  expect(await kinds(incident.id)).toEqual([
    'raised',
    'notice',
    'evidence',
    'replay replay.launched',
    'evidence',
  ]);
  const { rows: linked } = await world.pool.query(
    'SELECT evidence_id FROM incident_evidence WHERE incident_id = $1',
    [incident.id],
  );
  expect(linked).toHaveLength(2);
  expect(linked.map((each) => each.evidence_id)).toContain(secondRecord);

  await world.pool.query(`UPDATE shelf SET total = total + 1 WHERE item = 'item-5'`);
  const part = await world.launch('tally', { scope: { kind: 'partitions', partitions: [0] } });
  await world.ended(part.replayId);
  expect(await incidents()).toMatchObject([{ goes_on: true }]);
  const third = await world.launch('tally');
  expect(await world.ended(third.replayId)).toMatchObject({ agreement: 'equal', confidence: 'trusted' });
  expect(await incidents()).toMatchObject([{ id: incident.id, status: 'detected', goes_on: false }]);
  expect(await kinds(incident.id)).toContain('cleared');
});
