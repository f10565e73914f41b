import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { verifyEvidence } from '../../cli/reprise/verify.ts';
import type { CommandContext } from '../../cli/reprise/world.ts';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  approve,
  askFor,
  promotionEnded,
  promotionTables,
  type Someone,
  signIn,
} from '../../demo/testing/promotions.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { callerOver } from '../api/test-kit.ts';
import type { ErasureRequest } from '../application/erasure/erase.ts';
import type { Viewer } from '../application/ports/reveals.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { eraseAsOwner } from '../composition/erasure.ts';
import { composeWorker } from '../composition/worker.ts';
import type { Report } from '../domain/verification/index.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
const suite = describe.runIf(inject('kafkaBrokers') !== '');

let world: ReplayWorld;
let dashboard: ReturnType<typeof composeDashboard>;
let folder: string;
let olga: Someone;
const auditor: Viewer = { id: 'auditor', rights: ['read', 'evidence'] };
/** A replay that found K1 and K2 differing, with a promotion that wrote both. */
let replayId: string;
let promotionId: string;
let records: readonly string[];

beforeAll(async () => {
  if (inject('kafkaBrokers') === '') return;
  world = await openReplayWorld({
    databaseUrl: inject('databaseUrl'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
  await world.pool.query(`${shelfTables};${promotionTables}`);
  world.startWorker();
  dashboard = composeDashboard(readSettings(world.env, process.cwd()), 'test');
  folder = await mkdtemp(join(tmpdir(), 'erasure-'));
  olga = await signIn(world.pool, 'olga', ['operator']);
  const ada = await signIn(world.pool, 'ada', ['approver']);
  const events = Array.from({ length: 40 }, (_, i) => ({
    id: randomUUID(),
    key: `K${i % 4}`,
    value: { amount: 1 },
  }));
  const topic = await world.topic(2);
  await world.produce(topic, events);
  const ends = await world.admin.fetchTopicOffsets(topic);
  await projectShelf(
    world.pool,
    events,
    ends.map(({ partition, offset }) => ({ partition, offset })),
  );
  await world.pool.query(`UPDATE shelf SET total = 7 WHERE item IN ('K1', 'K2')`);
  replayId = (await world.launch('tally', { reason: 'because K1 asked' })).replayId;
  await world.ended(replayId);
  promotionId = (await askFor(world, replayId, olga)).promotionId;
  await approve(world, promotionId, ada);
  await promotionEnded(world.pool, promotionId);
  const { rows } = await world.pool.query<{ id: string }>(
    'SELECT id::text FROM evidence_record WHERE replay_id = $1 ORDER BY recorded_at',
    [replayId],
  );
  records = rows.map(({ id }) => id);
});
afterAll(async () => {
  await dashboard?.close();
  await world?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const erased = (what: ErasureRequest['what']) => {
  const owner = world.pool.options.connectionString ?? '';
  return eraseAsOwner({ databaseUrl: world.env.DATABASE_URL, ownerDatabaseUrl: owner }, 'test', {
    what,
    reason: 'request 17',
    user: 'omar',
    dryRun: false,
  });
};

/** Exports each record and verifies it with a public key alone. */
async function verified(): Promise<readonly (readonly [boolean, number])[]> {
  const { keys } = await dashboard.evidenceLog.keys();
  const key = join(folder, 'key.pem');
  await writeFile(key, keys[0]?.pem ?? '');
  const reports: [boolean, number][] = [];
  for (const evidenceId of records) {
    const file = join(folder, `${evidenceId}.json`);
    await writeFile(file, await dashboard.evidenceLog.bundle({ evidenceId, fromSizes: [] }, auditor));
    let printed = '';
    const output = {
      out: (text: string) => {
        printed = text;
      },
      err: () => undefined,
      bytes: () => undefined,
    };
    const exit = await verifyEvidence({ output } as unknown as CommandContext, file, {
      key: [key],
      json: true,
    });
    const report: Report = JSON.parse(printed);
    reports.push([report.holds, exit]);
  }
  return reports;
}

async function findings(): Promise<readonly string[]> {
  const worker = composeWorker(readSettings(world.env, process.cwd()), { name: 'audit' });
  try {
    await worker.auditLog();
  } finally {
    await worker.close();
  }
  const { rows } = await world.pool.query<{ findings: string[] }>('SELECT findings FROM log_audit');
  return rows.length === 0 ? ['the audit did not run'] : rows.flatMap((row) => row.findings);
}

const statements = () =>
  world.pool
    .query(`SELECT id, digest, encode(sha256(statement), 'hex') AS bytes FROM evidence_record ORDER BY id`)
    .then(({ rows }) => rows);

const ask = () =>
  callerOver(dashboard, { id: olga.personId, roles: ['operator', 'auditor'], sessionId: olga.sessionId });
const said = { by: 'by subject', reason: 'request 17', unusable: true };

suite('an erasure', () => {
  it('by subject leaves every record as it was, verifiable, and the log without a finding', async () => {
    const before = { statements: await statements(), verified: await verified() };
    expect(records).toHaveLength(3);
    expect(before.verified).toEqual(records.map(() => [true, 0]));
    const replay = await ask().replays.get({ replayId });
    const report = await erased({ kind: 'subject', contractId: 'tally', keys: ['K1'] });
    expect(report.counts).toMatchObject({ states: 1, discrepancies: 1, promotionRows: 1 });
    expect(report.promotions).toEqual([promotionId]);
    expect(await statements()).toEqual(before.statements);
    expect(await verified()).toEqual(before.verified);
    expect(await findings()).toEqual([]);
    const after = await ask().replays.get({ replayId });
    const { confidence, agreement, shadowDigest, discrepancies, explained, planHash } = replay;
    expect(after).toMatchObject({ confidence, agreement, shadowDigest, discrepancies, explained, planHash });
  });

  it('is said by every page on which something is gone, and of its key alone', async () => {
    expect((await ask().replays.get({ replayId })).erasures).toMatchObject([said]);
    const states = await ask().states.get({ contractId: 'tally', replayId });
    expect(states).toMatchObject({ erasures: [said], keysDiffering: 2 });
    expect(await ask().promotions.get({ promotionId })).toMatchObject({ erasures: [said], rowsErased: true });
    const key = (name: string) => ask().states.key({ contractId: 'tally', replayId, key: name });
    await expect(key('K1')).rejects.toThrow(/erased on .* \(by subject\): request 17/);
    await expect(key('K9')).rejects.toThrow(/no key K9|not.*found|There is no/i);
    expect(await key('K2')).toMatchObject({ erasures: [said] });
    await expect(ask().states.requestTrace({ replayId, key: 'K1' })).rejects.toThrow(/was erased/);
    const [own = ''] = records;
    const record = await ask().evidence.record({ evidenceId: own });
    expect(record.remarks).toBeNull();
    expect(record.erasures[0]?.attachments).toContain(`${own}/remarks`);
    expect((await ask().evidence.get({ evidenceId: own })).check.outcome).toBe('passed');
  });

  it('lets nobody promote or undo by what is left', async () => {
    await expect(askFor(world, replayId, olga, ['K2'])).rejects.toThrow(
      new RegExp(`Rows of replay ${replayId} were erased on .*by subject.*request 17`),
    );
    const { personId, sessionId } = olga;
    await expect(
      world.commands.requestUndo({ promotionId, reason: 'wrong', actor: personId, sessionId }),
    ).rejects.toThrow(/were erased/);
  });

  it('compares two replays key by key only where both are whole', async () => {
    const { replayId: second } = await world.launch('tally');
    await world.ended(second);
    expect((await ask().replays.compare({ before: replayId, after: second })).discrepancies).toBeNull();
  });

  it('by age leaves no row, the figures as they were, and everything verifiable', async () => {
    const before = { statements: await statements(), replay: await ask().replays.get({ replayId }) };
    // As if the replay had ended long ago: it is the owner's clock that an age is counted by.
    await world.pool.query(`SET session_replication_role = replica; UPDATE replay SET ended_at = now() - interval '91 days' WHERE id = '${replayId}';
      UPDATE promotion SET ended_at = now() - interval '91 days'; SET session_replication_role = origin`);
    const report = await erased({ kind: 'policy', contractId: null, days: 90 });
    expect(report.replays.map((each) => each.replayId)).toEqual([replayId]);
    expect(await statements()).toEqual(before.statements);
    expect(await verified()).toEqual(records.map(() => [true, 0]));
    expect(await findings()).toEqual([]);
    const after = await ask().replays.get({ replayId });
    expect(after).toMatchObject({
      confidence: before.replay.confidence,
      explained: before.replay.explained,
      discrepancies: before.replay.discrepancies,
      erasures: [{ by: 'by policy of 90 days' }, said],
    });
    const rows = await ask().states.rows({ contractId: 'tally', replayId, differingOnly: false });
    expect(rows.rows).toEqual([]);
    await expect(ask().states.key({ contractId: 'tally', replayId, key: 'K2' })).rejects.toThrow(
      /by policy of 90 days/,
    );
  });
});
