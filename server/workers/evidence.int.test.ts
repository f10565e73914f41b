import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { exportEvidence, type VerifyFlags, verifyEvidence } from '../../cli/reprise/verify.ts';
import type { CommandContext, World } from '../../cli/reprise/world.ts';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import type { Viewer } from '../application/ports/reveals.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { listedAs } from '../domain/evidence/index.ts';
import type { Report } from '../domain/verification/index.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
const suite = describe.runIf(inject('kafkaBrokers') !== '');

let world: ReplayWorld;
let dashboard: ReturnType<typeof composeDashboard>;
let folder: string;
let evidenceId: string;
const auditor: Viewer = { id: 'auditor', rights: ['read', 'evidence'] };

beforeAll(async () => {
  if (inject('kafkaBrokers') === '') return;
  world = await openReplayWorld({
    databaseUrl: inject('databaseUrl'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
  dashboard = composeDashboard(readSettings(world.env, process.cwd()), 'test');
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  const topic = await world.topic(2);
  await world.contract('tally', topic);
  await world.produce(
    topic,
    Array.from({ length: 40 }, (_, i) => ({ id: `e${i}`, key: `K${i % 5}`, value: { amount: 1 } })),
  );
  const { replayId } = await world.launch('tally');
  world.startWorker();
  evidenceId = (await world.ended(replayId)).evidence_id ?? '';
});
afterAll(async () => {
  await dashboard?.close();
  await world?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const printed = { text: '' };
const keep = (text: string) => {
  printed.text = text;
};
const context = {
  output: {
    out: keep,
    err: () => undefined,
    bytes: keep,
  },
} as unknown as CommandContext;

async function exported(checkpoint: readonly string[] = []): Promise<string> {
  const file = join(folder, `${randomUUID()}.json`);
  const cli = {
    evidenceBundle: (id: string, fromSizes: readonly number[]) =>
      dashboard.evidenceLog.bundle({ evidenceId: id, fromSizes }, auditor),
  } as unknown as World;
  expect(await exportEvidence(context, cli, evidenceId, { out: file, checkpoint })).toBe(0);
  return file;
}

async function keyFile(): Promise<string> {
  const { keys } = await dashboard.evidenceLog.keys();
  const file = join(folder, 'key.pem');
  await writeFile(file, keys[0]?.pem ?? '');
  return file;
}

async function verified(file: string, flags: Partial<VerifyFlags> = {}) {
  const exit = await verifyEvidence(context, file, { key: [await keyFile()], json: true, ...flags });
  const report: Report = JSON.parse(printed.text);
  return {
    exit,
    report,
    failed: report.checks.filter(({ outcome }) => outcome === 'fail').map(({ name }) => name),
  };
}

suite('the evidence of a replay', () => {
  it('is exported as one file, and verifies with that and a public key alone', async () => {
    const { exit, report, failed } = await verified(await exported());
    expect(failed).toEqual([]);
    expect(report).toMatchObject({
      holds: true,
      integrity: { outcome: 'verified' },
      confidence_status: 'trusted',
      coverage: { kind: 'whole' },
    });
    expect(exit).toBe(0);
  });

  it('stands beside the log in a row that says what it says', async () => {
    const record = await dashboard.queries.evidenceRecord(evidenceId, { id: 'x', rights: [] });
    const listed = listedAs(record?.statement);
    if (listed === null) throw new Error('there is no record that can be read');
    expect(record).toMatchObject(listed);
  });

  it('says the same whenever it is exported, however the log has grown', async () => {
    const before = await readFile(await exported());
    const { replayId } = await world.launch('tally');
    await world.ended(replayId);
    await dashboard.evidenceLog.checkpoint();
    expect(before.equals(await readFile(await exported()))).toBe(true);
  });

  it('is held against a checkpoint that was kept, and one of another log is told', async () => {
    const kept = join(folder, 'kept.checkpoint');
    await writeFile(kept, (await dashboard.evidenceLog.checkpoint()) ?? '');
    const { replayId } = await world.launch('tally');
    evidenceId = (await world.ended(replayId)).evidence_id ?? '';
    const { exit, report } = await verified(await exported([kept]), { checkpoint: kept });
    expect(report.checks.find(({ name }) => name === 'consistency')).toMatchObject({ outcome: 'pass' });
    expect(exit).toBe(0);
    const [first = '', ...rest] = (await readFile(kept, 'utf8')).split('\n');
    await writeFile(kept, [`${first}x`, ...rest].join('\n'));
    expect((await verified(await exported(), { checkpoint: kept })).exit).toBe(2);
  });

  it('fails by any other key, and by any changed letter of the file', async () => {
    const file = await exported();
    const other = join(folder, 'other.pem');
    const { generateKeyPairSync } = await import('node:crypto');
    await writeFile(
      other,
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    );
    const strange = await verified(file, { key: [other] });
    expect(strange.exit).toBe(2);
    expect(strange.failed).toEqual(expect.arrayContaining(['signature', 'checkpoint-signature']));
    const bytes = await readFile(file);
    for (let at = 40; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
      const changed = Buffer.from(bytes);
      changed[at] = (bytes[at] ?? 0) ^ 1;
      const spoiled = join(folder, 'spoiled.json');
      await writeFile(spoiled, changed);
      expect((await verified(spoiled)).exit, `byte ${at}`).toBe(2);
    }
  });

  it.each([
    [
      'a file that is not there',
      async () => ['nowhere.json', await keyFile()] as const,
      /nowhere.json can't be read/,
    ],
    ['a key that is none', async () => [await exported(), await exported()] as const, /key/i],
  ])('is not verified with %s, and the error says so', async (_what, given, why) => {
    const [file, key] = await given();
    await expect(verifyEvidence(context, file, { key: [key] })).rejects.toThrow(why);
  });
});

suite('a replay that was called off', () => {
  it('has its record in the log as well', async () => {
    const { replayId } = await world.launch('tally', { rateLimit: 1 });
    await world.commands.cancel(replayId, 'operator', 'not needed');
    const ended = await world.ended(replayId);
    const { rows } = await world.pool.query(
      'SELECT count(*)::int AS entries FROM log_entry WHERE evidence_id = $1',
      [ended.evidence_id],
    );
    expect(rows).toEqual([{ entries: 1 }]);
  });
});
