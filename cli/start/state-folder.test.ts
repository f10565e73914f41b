import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileAtomically } from '../../demo/infra/processes.ts';
import { checkpointsApart, deleteState, markFolder, recognise } from './state-folder.ts';

const root = '/repo';
const now = new Date('2026-11-27T22:30:00Z');
const embedded = { ownDatabase: false, ownHistories: false };
const ownDatabase = { ownDatabase: true, ownHistories: false };
const precious = ['archives', 'checkpoints', 'secret', 'signing-key.pem'];
let stateDir = '';

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'reprise-state-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

async function put(...files: readonly string[]): Promise<void> {
  for (const file of files) await writeFileAtomically(join(stateDir, file), 'x');
}
const present = async () => (await readdir(stateDir)).filter((name) => name !== 'reprise-state.json').sort();
const run = [
  'archives/a/1',
  'checkpoints/7',
  'secret',
  'signing-key.pem',
  'postgres/data/PG_VERSION',
  'logs/web.log',
];

it('a folder that holds nothing of Reprise is not recognised, whatever its names are', async () => {
  await put('postgres/data/PG_VERSION', 'archives/2019.tar', 'secret', 'holiday.jpg');
  expect(await recognise(stateDir, root)).toBeNull();
});

it('a fresh start takes nothing that was there before Reprise was, nor what Reprise does not write', async () => {
  await put('postgres/data/PG_VERSION', 'holiday.jpg');
  await markFolder(stateDir, root, embedded);
  await put('kafka/data/0', 'secret', 'demo.json', 'notes.txt', 'settings.json.4711.tmp');
  const left = await deleteState(stateDir, await markFolder(stateDir, root, embedded), now);
  expect(await present()).toEqual(['holiday.jpg', 'notes.txt', 'postgres']);
  for (const name of ['holiday.jpg', 'notes.txt', 'postgres']) expect(left.join('\n')).toContain(name);
});

it('a fresh start begins anew where only the servers of npm start were ever used, and keeps downloads', async () => {
  await markFolder(stateDir, root, embedded);
  await put(...run.slice(1), 'cache/jar', 'tsc.tsbuildinfo');
  expect(await deleteState(stateDir, await markFolder(stateDir, root, embedded), now)).toEqual([]);
  expect(await present()).toEqual(['cache', 'tsc.tsbuildinfo']);
});

it('what stands for a database of somebody’s own stays, also when it is not named this time', async () => {
  await markFolder(stateDir, root, ownDatabase);
  await put(...run);
  const left = await deleteState(stateDir, await markFolder(stateDir, root, embedded), now);
  expect(await present()).toEqual(precious);
  for (const name of precious) expect(left.join('\n')).toContain(name);
});

it('archives of histories that were somebody’s own stay', async () => {
  await markFolder(stateDir, root, { ownDatabase: false, ownHistories: true });
  await put(...run);
  await deleteState(stateDir, await markFolder(stateDir, root, embedded), now);
  expect(await present()).toEqual(['archives']);
});

it('an archive is never deleted, whatever it was made from', async () => {
  await markFolder(stateDir, root, embedded);
  await put(...run);
  const left = await deleteState(stateDir, await markFolder(stateDir, root, embedded), now);
  expect(await readdir(join(stateDir, 'put-aside-2026-11-27T223000'))).toEqual(['archives']);
  expect(left.join('\n')).toMatch(/put aside in .*: archives$/);
});

it('a folder that a start has only claimed is new', async () => {
  await put('owner.json', 'owner.json.12.draft');
  expect(await recognise(stateDir, root)).toMatchObject({ foreign: [] });
});

it('what an older Reprise left is put aside once, since it may stand for a database of somebody’s own', async () => {
  await put(...run, 'postgres/postgres.password');
  const left = await deleteState(stateDir, await markFolder(stateDir, root, embedded), now);
  expect(await present()).toEqual(['put-aside-2026-11-27T223000']);
  expect((await readdir(join(stateDir, 'put-aside-2026-11-27T223000'))).sort()).toEqual(precious);
  expect(left.join('\n')).toContain('put aside');
  await put(...run.slice(1));
  expect(await deleteState(stateDir, await markFolder(stateDir, root, embedded), now)).toEqual([]);
  expect(await present()).toEqual(['put-aside-2026-11-27T223000']);
});

it('below the folder of the repository everything with a name of ours is ours', async () => {
  await put('logs/install.log');
  expect(await recognise(stateDir, join(stateDir, '..'))).toBeNull();
  const inner = join(stateDir, '.reprise', 'e2e');
  await writeFileAtomically(join(inner, 'logs', 'web.log'), 'x');
  expect(await recognise(inner, stateDir)).toMatchObject({ before: 'unused', foreign: [] });
});

it('a mark that can’t be read counts as none', async () => {
  await put(...run, 'postgres/postgres.password', 'reprise-state.json');
  expect(await recognise(stateDir, root)).toMatchObject({ before: 'unknown' });
  await markFolder(stateDir, root, embedded);
  expect(JSON.parse(await readFile(join(stateDir, 'reprise-state.json'), 'utf8'))).toMatchObject({
    before: 'unknown',
  });
});

it('the checkpoints of the database that a start brings go apart where those of another were kept', async () => {
  await put(...run);
  await deleteState(stateDir, await markFolder(stateDir, root, embedded), now);
  expect(await checkpointsApart(stateDir, root)).toEqual({});
  await markFolder(stateDir, root, ownDatabase);
  expect(await checkpointsApart(stateDir, root)).toEqual({});
  await put(...run);
  await deleteState(stateDir, await markFolder(stateDir, root, embedded), now);
  expect(await present()).toContain('checkpoints');
  expect(await checkpointsApart(stateDir, root)).toEqual({
    REPRISE_CHECKPOINT_DIR: join(stateDir, 'embedded-checkpoints'),
  });
});
