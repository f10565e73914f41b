import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { identify } from './process-identity.ts';
import { type Log, lastLines, startProcess, stopProcess } from './processes.ts';

export const KAFKA_VERSION = '4.1.1';
export const DEBEZIUM_VERSION = '3.4.0.Final';

const ARTIFACTS: readonly (readonly [group: string, artifact: string, version: string])[] = [
  ['org.apache.kafka', 'kafka_2.13', KAFKA_VERSION],
  ['org.apache.kafka', 'kafka-tools', KAFKA_VERSION],
  ['org.apache.kafka', 'connect-runtime', KAFKA_VERSION],
  ['org.apache.kafka', 'connect-json', KAFKA_VERSION],
  ['io.debezium', 'debezium-connector-postgres', DEBEZIUM_VERSION],
  ['org.slf4j', 'slf4j-simple', '1.7.36'],
];

/** Version of the artifact set: raise it when the list changes without a version changing. */
const FOLDER = `kafka-${KAFKA_VERSION}-debezium-${DEBEZIUM_VERSION}-1`;

export function jarFolder(cacheDir: string): string {
  return join(cacheDir, FOLDER);
}

/** True once the whole set is there: the folder gets its name only after the last file. */
export function hasJars(cacheDir: string): boolean {
  return existsSync(jarFolder(cacheDir));
}

/**
 * The classpath of every class that is started here, seen from the folder that Java is started in: a colon in what is
 * above both would end the path.
 */
export function classPath(cacheDir: string, from: string): string {
  // What is above a folder that was reached by a link is not what its path says.
  return join(relative(realpathSync(from), realpathSync(jarFolder(cacheDir))), '*');
}

/** Java takes the names of folders for letters of the locale's encoding, and what has none for question marks. */
export function javaEnvironment(given: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const locale = given.LC_ALL || given.LC_CTYPE || given.LANG || '';
  return /utf-?8/i.test(locale) ? given : { ...given, LC_ALL: 'C.UTF-8' };
}

/** Java's feature version (17, 21 …), or null where there is none. */
export function javaVersion(): number | null {
  // `java -version` writes to stderr: openjdk version "17.0.15" 2025-04-15
  const result = spawnSync('java', ['-version'], { encoding: 'utf8', timeout: 20_000 });
  const found = /version "(?:1\.)?(\d+)/.exec(`${result.stderr ?? ''}${result.stdout ?? ''}`);
  return found?.[1] === undefined ? null : Number(found[1]);
}

/** Whether a command of this name is on the PATH; asking Maven itself would cost a JVM's start. */
export function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, command)));
}

function pom(): string {
  const dependencies = ARTIFACTS.map(
    ([group, artifact, version]) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '  <modelVersion>4.0.0</modelVersion>',
    '  <groupId>reprise</groupId><artifactId>pipeline</artifactId><version>1</version><packaging>pom</packaging>',
    '  <dependencies>',
    ...dependencies,
    '  </dependencies>',
    '</project>',
    '',
  ].join('\n');
}

const DRAFT = /^kafka-.*\.(\d+)\.draft$/;

/** Of fetches that were killed: each holds as much as the whole set. */
async function removeDeadDrafts(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir).catch(() => [])) {
    const pid = DRAFT.exec(name)?.[1];
    if (pid === undefined || identify(Number(pid)) !== null) continue;
    await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}

/**
 * Fetches Kafka, Connect and Debezium with Maven (about 60 MB), once. The files arrive in a draft
 * folder that is renamed at the end, so that a fetch cut short never looks complete. Maven is recorded in
 * `identityFile` meanwhile: the next start ends what a killed one left of it.
 * @throws Error with Maven's last lines when it fails.
 */
export async function fetchJars(cacheDir: string, log: Log, identityFile?: string): Promise<void> {
  await removeDeadDrafts(cacheDir);
  if (hasJars(cacheDir)) return;
  const draft = join(cacheDir, `${FOLDER}.${process.pid}.draft`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(draft, 'jars'), { recursive: true });
  await writeFile(join(draft, 'pom.xml'), pom());
  const logFile = join(draft, 'maven.log');
  log(`fetching Kafka ${KAFKA_VERSION} and Debezium ${DEBEZIUM_VERSION} with Maven (about 60 MB)`);
  const maven = await startProcess(
    'mvn',
    ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(draft, 'jars')}`],
    { cwd: draft, logFile, identityFile },
  );
  const bound = setTimeout(() => void stopProcess(maven.identity, 2_000), 600_000);
  const onExit = () => void maven.child.kill();
  process.once('exit', onExit);
  const { code } = await maven.exited;
  process.off('exit', onExit);
  clearTimeout(bound);
  if (identityFile !== undefined) await rm(identityFile, { force: true });
  if (code !== 0) {
    const end = await lastLines(logFile, 8);
    await rm(draft, { recursive: true, force: true });
    throw new Error(['Maven could not fetch Kafka and Debezium:', ...end].join('\n'));
  }
  await rename(join(draft, 'jars'), jarFolder(cacheDir)).catch((error: unknown) => {
    // Another run was quicker: its folder is complete, and as good.
    if (!hasJars(cacheDir)) throw error;
  });
  await rm(draft, { recursive: true, force: true });
}
