import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fetchJars, jarFolder } from './jars.ts';
import { isRunning } from './process-identity.ts';
import { readIdentity, stopProcess } from './processes.ts';

/** Stands in for Maven: writes one file into the folder that it is told, after a while. */
const maven = `#!/bin/sh
for word in "$@"; do case "$word" in -DoutputDirectory=*) folder="\${word#*=}";; esac; done
sleep "\${SECONDS_IT_TAKES:-0}" && echo jar > "$folder/kafka.jar"
`;

let cacheDir = '';
const log = () => undefined;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'reprise-jars-'));
  const bin = join(cacheDir, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'mvn'), maven);
  await chmod(join(bin, 'mvn'), 0o755);
  vi.stubEnv('PATH', [bin, process.env.PATH].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cacheDir, { recursive: true, force: true });
});

it('Maven is recorded while it fetches, so that a later start ends what a killed one left of it', async () => {
  vi.stubEnv('SECONDS_IT_TAKES', '60');
  const identityFile = join(cacheDir, 'kafka.pid.json');
  const fetching = fetchJars(cacheDir, log, identityFile).catch((error: unknown) => String(error));
  await expect.poll(() => readIdentity(identityFile), { timeout: 10_000 }).not.toBeNull();
  const recorded = await readIdentity(identityFile);
  if (recorded === null) throw new Error('It was not recorded.');
  expect(isRunning(recorded)).toBe(true);
  await stopProcess(recorded, 2_000);
  expect(await fetching).toMatch(/Maven could not fetch/);
  expect(await readdir(cacheDir)).toEqual(['bin']);
});

it('drafts of fetches that were killed are removed, and those of others that run are not', async () => {
  const folder = basename(jarFolder(cacheDir));
  const { pid: gone } = spawnSync('true');
  const drafts = [gone, process.ppid].map((pid) => `${folder}.${pid}.draft`);
  const older = `kafka-0.1-debezium-0.1-1.${gone}.draft`;
  for (const draft of [...drafts, older]) await mkdir(join(cacheDir, draft, 'jars'), { recursive: true });
  await fetchJars(cacheDir, log);
  expect((await readdir(cacheDir)).sort()).toEqual(['bin', folder, drafts[1]]);
  expect(await readdir(jarFolder(cacheDir))).toEqual(['kafka.jar']);
  await mkdir(join(cacheDir, older));
  await fetchJars(cacheDir, log);
  expect(await readdir(cacheDir)).not.toContain(older);
});
