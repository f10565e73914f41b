import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stopLeftovers } from '../../cli/start/instance.ts';
import { deleteState } from '../../cli/start/state-folder.ts';
import { pullKafka, removeContainer, startConnectContainer, startKafkaContainer } from './containers.ts';
import { readIdentity } from './processes.ts';

/** A program that writes down what it was asked, as `docker` on the PATH. `$fake/image` stands for an image that is there. */
const engine = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
case "$1 $2" in
  "image inspect") test -e "$(dirname "$0")/image" ;;
  "pull "*) if test -e "$(dirname "$0")/offline"; then echo "no route to the registry"; exit 1; fi
    if test -e "$(dirname "$0")/slow"; then sleep 60; fi ;;
  "rm --force") echo "$3" ;;
esac
`;

const path = process.env.PATH;
let folder = '';
let root = '';
const said: string[] = [];
const log = (line: string) => void said.push(line);

beforeEach(async () => {
  said.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'reprise-containers-'));
  root = join(folder, 'state');
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'docker'), engine);
  await chmod(join(folder, 'bin', 'docker'), 0o755);
  process.env.PATH = [join(folder, 'bin'), path].join(delimiter);
});
afterEach(async () => {
  process.env.PATH = path;
  await rm(folder, { recursive: true, force: true });
});

/** But for whether it is there at all. */
async function asked(): Promise<string[]> {
  const lines = (await readFile(join(folder, 'bin', 'asked'), 'utf8').catch(() => '')).trim().split('\n');
  return lines.filter((line) => line !== 'info');
}

const where = (server: string) => ({
  stateDir: join(root, server),
  logFile: join(root, `${server}.log`),
  identityFile: join(root, server, `${server}.pid.json`),
});

async function startKafka(port: number, isNew = false): Promise<string> {
  const options = { port, controllerPort: port + 1, clusterId: 'the-cluster', isNew };
  const started = await startKafkaContainer(where('kafka'), options);
  await started.exited;
  const line = (await asked()).findLast((each) => each.startsWith('run ')) ?? '';
  return /--name (\S+)/.exec(line)?.[1] ?? '';
}

test('an image that is there is not pulled, and one that is not is pulled on its own', async () => {
  await mkdir(root);
  await pullKafka(where('kafka'), log);
  expect((await asked()).map((line) => line.replace(/:[^:]*$/, ''))).toEqual([
    'image inspect docker.io/apache/kafka',
    'pull docker.io/apache/kafka',
  ]);
  await writeFile(join(folder, 'bin', 'image'), '');
  await pullKafka(where('kafka'), log);
  expect(await asked()).toHaveLength(3);
  expect(said).toEqual([expect.stringMatching(/^pulling docker\.io\/apache\/kafka:.* with docker/)]);
});

test('an image that can’t be pulled is said with the words of the engine', async () => {
  await mkdir(root);
  await writeFile(join(folder, 'bin', 'offline'), '');
  await expect(pullKafka(where('kafka'), log)).rejects.toThrow(/could not pull .*\nno route to the registry/);
});

test('a pull that a killed launcher has left is ended by the next one', async () => {
  await mkdir(root);
  await writeFile(join(folder, 'bin', 'slow'), '');
  const pulling = pullKafka(where('kafka'), log).catch((error: unknown) => String(error));
  await expect.poll(() => readIdentity(where('kafka').identityFile), { timeout: 10_000 }).not.toBeNull();
  expect(await stopLeftovers(root, log)).toBe(1);
  expect(await pulling).toMatch(/could not pull/);
});

test('a broker has the name and the volume of its state folder, on whatever port', async () => {
  const first = await startKafka(59_092);
  expect(await startKafka(59_192)).toBe(first);
  expect(await asked()).toContain(`rm --force ${first}`);
  const [line = ''] = (await asked()).filter((each) => each.startsWith('run '));
  expect(line).toContain(`--volume ${first}:/var/lib/kafka/data`);
  expect(line).toContain('--env KAFKA_LOG_DIRS=/var/lib/kafka/data');
  expect(line).toContain('--env CLUSTER_ID=the-cluster');
});

test('a volume of a state folder that is gone is not taken for this one’s', async () => {
  const name = await startKafka(59_092, true);
  expect((await asked()).filter((line) => line.startsWith('volume'))).toEqual([`volume rm --force ${name}`]);
  await startKafka(59_092);
  expect((await asked()).filter((line) => line.startsWith('volume'))).toHaveLength(1);
});

test('Connect advertises where it listens, by the names that the entrypoint of its image reads', async () => {
  await (await startConnectContainer(where('connect'), { restPort: 58_083, brokers: '127.0.0.1:59092' }))
    .exited;
  const line = (await asked()).find((each) => each.startsWith('run ')) ?? '';
  expect(line).toContain('--env CONNECT_LISTENERS=http://127.0.0.1:58083');
  expect(line).toContain('--env ADVERTISED_HOST_NAME=127.0.0.1');
  expect(line).toContain('--env ADVERTISED_PORT=58083');
});

test('what a killed launcher left in containers is removed by the next one, and its volume by a fresh start', async () => {
  const kafka = await startKafka(59_092);
  await (await startConnectContainer(where('connect'), { restPort: 58_083, brokers: '127.0.0.1:59092' }))
    .exited;
  await rm(join(folder, 'bin', 'asked'));
  expect(await stopLeftovers(root, log)).toBe(2);
  expect(await asked()).toEqual([
    expect.stringMatching(/^rm --force reprise-connect-/),
    `rm --force ${kafka}`,
  ]);
  await rm(join(folder, 'bin', 'asked'));
  await deleteState(
    root,
    { foreign: [], ownDatabase: false, ownHistories: false, before: 'unused', apart: false },
    new Date(),
  );
  expect(await asked()).toEqual([`volume rm --force ${kafka}`]);
  expect(await removeContainer(join(root, 'kafka'))).toBe(false);
});
