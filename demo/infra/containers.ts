import { spawnSync } from 'node:child_process';
import { DEBEZIUM_VERSION, isOnPath, KAFKA_VERSION } from './jars.ts';
import { type Started, startProcess } from './processes.ts';

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

/**
 * Runs in the foreground, so that the process that is recorded and stopped is the container's, and
 * on the host's network, so that broker, connector and our own processes know each other by the
 * same loopback addresses.
 */
function runContainer(
  name: string,
  image: string,
  env: Record<string, string>,
  logFile: string,
): Promise<Started> {
  const engine = engineOrThrow();
  spawnSync(engine, ['rm', '--force', name], { stdio: 'ignore', timeout: 30_000 });
  const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  return startProcess(engine, ['run', '--rm', '--name', name, '--network', 'host', ...variables, image], {
    logFile,
  });
}

/** The same broker as from Maven, in the project's own image. Its data go with the container. */
export function startKafkaContainer(options: {
  port: number;
  controllerPort: number;
  logFile: string;
}): Promise<Started> {
  const { port, controllerPort } = options;
  return runContainer(
    `reprise-kafka-${port}`,
    `apache/kafka:${KAFKA_VERSION}`,
    {
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
    options.logFile,
  );
}

/** Debezium's image runs Connect distributed: connectors are handed to its REST API afterwards. */
export function startConnectContainer(options: {
  restPort: number;
  brokers: string;
  logFile: string;
}): Promise<Started> {
  const series = DEBEZIUM_VERSION.split('.').slice(0, 2).join('.');
  return runContainer(
    `reprise-connect-${options.restPort}`,
    `quay.io/debezium/connect:${series}`,
    {
      BOOTSTRAP_SERVERS: options.brokers,
      GROUP_ID: 'reprise-demo-connect',
      CONFIG_STORAGE_TOPIC: 'reprise-demo-connect-configs',
      OFFSET_STORAGE_TOPIC: 'reprise-demo-connect-offsets',
      STATUS_STORAGE_TOPIC: 'reprise-demo-connect-status',
      CONNECT_LISTENERS: `http://127.0.0.1:${options.restPort}`,
      CONNECT_REST_ADVERTISED_HOST_NAME: '127.0.0.1',
      CONNECT_REST_ADVERTISED_PORT: String(options.restPort),
    },
    options.logFile,
  );
}
