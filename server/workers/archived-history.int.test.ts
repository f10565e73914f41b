import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { readSettings } from '../env.ts';

let world: ReplayWorld;
let dashboard: ReturnType<typeof composeDashboard>;
let archives: string;

beforeAll(async () => {
  archives = await mkdtemp(join(tmpdir(), 'reprise-archives-'));
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  const own = { REPRISE_ARCHIVE_DIR: archives };
  const root = resolve(import.meta.dirname, '../..');
  dashboard = composeDashboard(readSettings({ ...world.env, ...own }, root), 'test');
  world.startWorker(1, own);
});
afterAll(async () => {
  await dashboard.close();
  await world.close();
  await rm(archives, { recursive: true, force: true });
});

const added = (partition: number, count: number): Tally[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `p${partition}-${at}`,
    key: `item-${partition}-${at % 5}`,
    value: { amount: 1 },
    partition,
  }));

const inArchive = (source: string) =>
  source.replace(/kafkaHistory\(\{ topic: '([^']+)' \}\)/, "kafkaHistory({ topic: '$1', archive: '$1' })");

it('says in its record how much of what archive and log share was compared, and where they share nothing', async () => {
  const topic = await world.topic(3, 'tally', {}, inArchive);
  await world.produce(topic, [...added(0, 100), ...added(1, 100), ...added(2, 100)]);
  await dashboard.archive('tally', 'operator', new AbortController().signal);
  await world.truncate(topic, 0, '60');
  await world.truncate(topic, 1, '100');
  await projectShelf(world.pool, [], await world.admin.fetchTopicOffsets(topic));
  const { replayId } = await dashboard.desk('test').commands.launch({
    contractId: 'tally',
    scope: { kind: 'all' },
    reason: 'a test',
    actor: 'operator',
  });
  const row = await world.ended(replayId);
  expect(row).toMatchObject({ status: 'finished', confidence: 'trusted' });
  expect(row.counters).toMatchObject({ applied: 300 });
  const record = await dashboard.queries.evidenceRecord(row.evidence_id ?? '', { id: 'x', rights: [] });
  const { predicate } = JSON.parse(record?.statementText ?? '{}');
  expect(predicate.seams).toEqual([
    { partition: 0, from: '60', to: '100', events: 40 },
    { partition: 1, from: '100', to: '100', events: 0 },
  ]);
  expect(predicate.does_not_prove).toContainEqual(
    expect.stringMatching(/archive .* 1 partition \(1\).* share no offset/),
  );
});

it('is refused while the folder of its archive is away, and proves the state once that is brought back', async () => {
  const topic = await world.topic(1, 'tally', {}, inArchive);
  const given = added(0, 50);
  await world.produce(topic, given);
  await dashboard.archive('tally', 'operator', new AbortController().signal);
  await world.truncate(topic, 0, '30');
  await projectShelf(world.pool, given, await world.admin.fetchTopicOffsets(topic));
  await world.pool.query(`DELETE FROM shelf WHERE item = 'item-0-3'`);
  const { commands } = dashboard.desk('test');
  const replay = async () => {
    const wanted = {
      contractId: 'tally',
      scope: { kind: 'all' },
      reason: 'a test',
      actor: 'operator',
    } as const;
    const { replayId } = await commands.launch(wanted);
    return world.ended(replayId);
  };
  const archiveChecks = async () =>
    (await commands.checkReadiness('tally', 'operator'))
      .filter(({ name }) => name.startsWith('Archive '))
      .map(({ outcome }) => outcome);

  await rename(join(archives, topic), join(archives, 'away'));
  expect(await archiveChecks()).toEqual(['failed']);
  expect(await replay()).toMatchObject({ status: 'refused', failure_code: 'history-truncated' });

  await rename(join(archives, 'away'), join(archives, topic));
  expect(await archiveChecks()).toEqual(['passed', 'passed']);
  const row = await replay();
  expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'different' });
  expect(row.counters).toMatchObject({ applied: 50 });
});
