import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identify } from './process-identity.ts';
import { dropDead, takeOwnership } from './processes.ts';

let stateDir = '';
let file = '';
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'reprise-ownership-'));
  file = join(stateDir, 'owner.json');
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const living = JSON.stringify(identify(process.ppid));
const dead = JSON.stringify({ pid: process.ppid, startedAt: 'long ago' });

it.each([dead, 'torn'])(
  'a folder whose record is of nobody is taken, and given back (%s)',
  async (record) => {
    await writeFile(file, record);
    const release = await takeOwnership(stateDir, 'It');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(identify(process.pid));
    await release();
    expect(await readdir(stateDir)).toEqual([]);
  },
);

it('the record of one that took the folder since it was looked at stays', async () => {
  await writeFile(file, living);
  await dropDead(file);
  expect(await readFile(file, 'utf8')).toBe(living);
  expect(await readdir(stateDir)).toEqual(['owner.json']);
});

it('what another has taken meanwhile is not given back for it', async () => {
  const release = await takeOwnership(stateDir, 'It');
  await writeFile(file, living);
  await release();
  expect(await readFile(file, 'utf8')).toBe(living);
});
