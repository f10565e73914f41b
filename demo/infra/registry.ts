import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isOnPath, javaVersion } from './jars.ts';
import { QUICK_COMPILER } from './kafka.ts';
import { type Log, lastLines, startProcess, stopProcess, waitUntil } from './processes.ts';

/** A registry that speaks Confluent's API, from Maven Central as Kafka itself. */
const VERSION = '2.6.13.Final';
const FOLDER = `apicurio-registry-${VERSION}`;
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;

export type RunningRegistry = { url: string; stop: () => Promise<void> };

/** Says, without starting anything, why no schema registry can be had here; null where one can. */
export function whyNoRegistry(cacheDir = resolve('.reprise/cache')): string | null {
  const java = javaVersion();
  if (java === null || java < 11) return `a schema registry needs Java 11 or newer (found ${java ?? 'none'})`;
  if (existsSync(join(cacheDir, FOLDER))) return null;
  return isOnPath('mvn') && isOnPath('tar') ? null : 'a schema registry is fetched with Maven and tar';
}

/**
 * Starts a schema registry on loopback, with its schemas in memory. `url` is what SCHEMA_REGISTRY_URL takes.
 * @throws Error with the reason when it can't be fetched (142 MB, once) or does not answer.
 */
export async function startRegistry(options: {
  stateDir: string;
  log: Log;
  cacheDir?: string;
}): Promise<RunningRegistry> {
  const { stateDir, log } = options;
  const cacheDir = options.cacheDir ?? resolve('.reprise/cache');
  await fetchRegistry(cacheDir, log);
  const logFile = join(stateDir, `registry-${process.pid}.log`);
  await rm(logFile, { force: true });
  const folder = join(cacheDir, FOLDER);
  const started = await startProcess(
    'java',
    [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      QUICK_COMPILER,
      '-Dquarkus.http.host=127.0.0.1',
      // Its own choice, which it tells: a port that is free now may be another registry's when this one has started.
      '-Dquarkus.http.port=0',
      '-jar',
      join(folder, `apicurio-registry-app-${VERSION}-runner.jar`),
    ],
    { cwd: folder, logFile },
  );
  const stop = async () => {
    await stopProcess(started.identity, 10_000);
    await rm(logFile, { force: true });
  };
  let url = '';
  const answers = async () => {
    url = await addressIn(logFile);
    if (url === '') return false;
    return fetch(`${url}/subjects`).then(
      (response) => response.ok,
      () => false,
    );
  };
  const answered = await waitUntil(async () => started.hasExited() || (await answers()), 120_000, 200);
  if (!answered || started.hasExited()) {
    const end = await lastLines(logFile, 8);
    await stop();
    throw new Error(['The schema registry did not answer. Its log ends:', ...end].join('\n'));
  }
  return { url, stop };
}

/** '' until the registry has said where it listens. */
async function addressIn(logFile: string): Promise<string> {
  const told = (await lastLines(logFile, 50)).join('\n');
  const origin = /Listening on: (http:\/\/127\.0\.0\.1:\d+)/.exec(told)?.[1];
  return origin === undefined ? '' : `${origin}/apis/ccompat/v7`;
}

async function fetchRegistry(cacheDir: string, log: Log): Promise<void> {
  const folder = join(cacheDir, FOLDER);
  if (existsSync(folder)) return;
  const draft = join(cacheDir, `${FOLDER}.${process.pid}.draft`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(draft, 'registry'), { recursive: true });
  log('fetching a schema registry with Maven (142 MB)');
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ['mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${draft}`]],
    [
      'tar',
      ['xzf', join(draft, `apicurio-registry-app-${VERSION}-all.tar.gz`), '-C', join(draft, 'registry')],
    ],
  ];
  for (const [command, args] of steps) {
    const logFile = join(draft, 'fetch.log');
    const step = await startProcess(command, args, { cwd: draft, logFile });
    const { code } = await step.exited;
    if (code === 0) continue;
    const end = await lastLines(logFile, 8);
    await rm(draft, { recursive: true, force: true });
    throw new Error([`${command} could not fetch the schema registry:`, ...end].join('\n'));
  }
  await rename(join(draft, 'registry'), folder).catch((error: unknown) => {
    // Another run was quicker: its folder is complete, and as good.
    if (!existsSync(folder)) throw error;
  });
  await rm(draft, { recursive: true, force: true });
}
