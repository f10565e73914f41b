import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { DEBEZIUM_VERSION, isOnPath, KAFKA_VERSION } from './jars.ts';
import {
  type Log,
  lastLines,
  type Started,
  startProcess,
  stopProcess,
  writeFileAtomically,
} from './processes.ts';

/** The first container engine that answers, or null. */
export function containerEngine(): 'docker' | 'podman' | null {
  for (const engine of ['docker', 'podman'] as const) {
    if (!isOnPath(engine)) continue;
    if (spawnSync(engine, ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0) return engine;
  }
  return null;
}

function engineOrThrow(): 'docker' | 'podman' {
  const engine = containerEngine();
  if (engine === null) throw new Error('No container engine answers.');
  return engine;
}

const run = promisify(execFile);

/** What a state folder has with an engine: it outlives a launcher that was killed, and the record says where to look. */
const record = z.object({
  engine: z.enum(['docker', 'podman']),
  name: z.string(),
  volume: z.string().nullable(),
});
type Container = z.infer<typeof record>;

const recordFile = (stateDir: string) => join(stateDir, 'container.json');

async function readRecord(stateDir: string): Promise<Container | null> {
  const text = await readFile(recordFile(stateDir), 'utf8').catch(() => null);
  return text === null ? null : record.parse(JSON.parse(text));
}

/** One state folder has one broker and one Connect, wherever they listen. */
function nameOf(what: string, stateDir: string): string {
  return `reprise-${what}-${createHash('sha256').update(stateDir).digest('hex').slice(0, 12)}`;
}

/** Removes the container of a state folder, running or not; true where there was one. Its volume stays. */
export async function removeContainer(stateDir: string): Promise<boolean> {
  const known = await readRecord(stateDir);
  if (known === null) return false;
  // Both engines print the name of what they removed.
  const removed = await run(known.engine, ['rm', '--force', known.name], { timeout: 60_000 }).catch(
    () => null,
  );
  return removed?.stdout.includes(known.name) ?? false;
}

/** Removes what a state folder has kept with an engine, for good. Nothing of it may be running any more. */
export async function removeVolume(stateDir: string): Promise<void> {
  const known = await readRecord(stateDir);
  if (known === null || known.volume === null) return;
  await run(known.engine, ['volume', 'rm', '--force', known.volume], { timeout: 60_000 }).catch(
    () => undefined,
  );
}

/**
 * Fetches an image where it is not there yet. Before a container is started, so that the time that a server has to
 * answer is its own. Until then the server's record is that of the pull.
 * @throws Error with the engine's last lines when it fails.
 */
async function pullImage(image: string, { stateDir, identityFile }: Pulled, log: Log): Promise<void> {
  const engine = engineOrThrow();
  const isThere = await run(engine, ['image', 'inspect', image], { timeout: 30_000 }).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  log(`pulling ${image} with ${engine} (some hundred MB)`);
  const logFile = join(stateDir, 'pull.log');
  await rm(logFile, { force: true });
  const pull = await startProcess(engine, ['pull', image], { logFile, identityFile });
  const bound = setTimeout(() => void stopProcess(pull.identity, 2_000), 1_800_000);
  const { code } = await pull.exited;
  clearTimeout(bound);
  await rm(identityFile, { force: true });
  if (code === 0) return;
  throw new Error([`${engine} could not pull ${image}:`, ...(await lastLines(logFile, 8))].join('\n'));
}

type Wanted = { name: string; image: string; env: Record<string, string>; volume: string | null };

/**
 * Runs in the foreground, so that the process that is recorded and stopped is the container's, and
 * on the host's network, so that broker, connector and our own processes know each other by the
 * same loopback addresses.
 */
async function runContainer(
  { name, image, env, volume }: Wanted,
  { stateDir, logFile, identityFile }: Where,
): Promise<Started> {
  const engine = engineOrThrow();
  const container: Container = { engine, name, volume: volume === null ? null : name };
  await writeFileAtomically(recordFile(stateDir), JSON.stringify(container));
  await removeContainer(stateDir);
  const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const mounted = volume === null ? [] : ['--volume', `${name}:${volume}`];
  return startProcess(
    engine,
    ['run', '--rm', '--name', name, '--network', 'host', ...mounted, ...variables, image],
    { logFile, identityFile },
  );
}

export type Where = { stateDir: string; logFile: string; identityFile: string };
type Pulled = Pick<Where, 'stateDir' | 'identityFile'>;

// With the registry's name: podman asks which one is meant, or refuses, where none is named.
const kafkaImage = `docker.io/apache/kafka:${KAFKA_VERSION}`;
const connectImage = `quay.io/debezium/connect:${DEBEZIUM_VERSION.split('.').slice(0, 2).join('.')}`;

export function pullKafka(where: Pulled, log: Log): Promise<void> {
  return pullImage(kafkaImage, where, log);
}

export function pullConnect(where: Pulled, log: Log): Promise<void> {
  return pullImage(connectImage, where, log);
}

/** Where the image's user may write, and its broker is told to. */
const kafkaData = '/var/lib/kafka/data';

/**
 * The same broker as from Maven, in the project's own image. Its data are in a volume, which outlives the container
 * and is the state folder's as long as that has the cluster's id.
 */
export async function startKafkaContainer(
  where: Where,
  options: { port: number; controllerPort: number; clusterId: string; isNew: boolean },
): Promise<Started> {
  const { port, controllerPort } = options;
  const name = nameOf('kafka', where.stateDir);
  // One by this name belonged to a state folder that is gone.
  if (options.isNew) await dropVolume(name);
  return runContainer(
    {
      name,
      image: kafkaImage,
      volume: kafkaData,
      env: {
        CLUSTER_ID: options.clusterId,
        KAFKA_LOG_DIRS: kafkaData,
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_NODE_ID: '1',
        KAFKA_CONTROLLER_QUORUM_VOTERS: `1@127.0.0.1:${controllerPort}`,
        KAFKA_LISTENERS: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        KAFKA_LOG_RETENTION_MS: '-1',
      },
    },
    where,
  );
}

async function dropVolume(name: string): Promise<void> {
  const engine = engineOrThrow();
  await run(engine, ['rm', '--force', name], { timeout: 60_000 }).catch(() => undefined);
  await run(engine, ['volume', 'rm', '--force', name], { timeout: 60_000 }).catch(() => undefined);
}

/** Debezium's image runs Connect distributed: connectors are handed to its REST API afterwards. */
export function startConnectContainer(
  where: Where,
  { restPort, brokers }: { restPort: number; brokers: string },
): Promise<Started> {
  return runContainer(
    {
      name: nameOf('connect', where.stateDir),
      image: connectImage,
      // All that it keeps is in topics.
      volume: null,
      env: {
        BOOTSTRAP_SERVERS: brokers,
        GROUP_ID: 'reprise-demo-connect',
        CONFIG_STORAGE_TOPIC: 'reprise-demo-connect-configs',
        OFFSET_STORAGE_TOPIC: 'reprise-demo-connect-offsets',
        STATUS_STORAGE_TOPIC: 'reprise-demo-connect-status',
        CONNECT_LISTENERS: `http://127.0.0.1:${restPort}`,
        // Its entrypoint sets CONNECT_REST_ADVERTISED_… from these (container-images, docker-entrypoint.sh), and to port
        // 8083 of the host's own address without them.
        ADVERTISED_HOST_NAME: '127.0.0.1',
        ADVERTISED_PORT: String(restPort),
      },
    },
    where,
  );
}
