import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { clusterIdFrom } from './cluster-id.ts';
import { containerEngine, pullKafka, removeContainer, startKafkaContainer } from './containers.ts';
import { classPath, fetchJars, hasJars, isOnPath, javaEnvironment, javaVersion } from './jars.ts';
import { freePort, isPortFree, startOnFreePorts } from './ports.ts';
import {
  type Exit,
  failedStart,
  type Log,
  lastLines,
  readIdentity,
  type Started,
  startProcess,
  stopProcess,
  takeOwnership,
  waitUntil,
  writeFileAtomically,
} from './processes.ts';
import { toProperties } from './properties.ts';

export type KafkaOptions = {
  stateDir: string;
  log: Log;
  /** The port to try first; the one used last time goes before it. */
  port?: number;
  logFile?: string;
  /** Where the jars are kept, shared by all brokers; `.reprise/cache` when not named. */
  cacheDir?: string;
  heapMb?: number;
  /** 'quick' starts with a fifth less work (the first compiler only); 'full' is for measuring throughput. */
  compiler?: 'quick' | 'full';
};

export type RunningKafka = {
  brokers: string;
  pid: number;
  exited: Promise<Exit>;
  stop: () => Promise<void>;
};

export type KafkaAvailability =
  | { available: true; how: 'maven' | 'container' }
  | { available: false; why: string };

export const defaultCacheDir = resolve('.reprise/cache');

/** Says, without starting anything, whether a broker can be had here, and if not, why. */
export function kafkaAvailability(cacheDir = defaultCacheDir): KafkaAvailability {
  const java = javaVersion();
  const hasJava = java !== null && java >= 17;
  if (hasJava && (hasJars(cacheDir) || isOnPath('mvn'))) return { available: true, how: 'maven' };
  if (containerEngine() !== null) return { available: true, how: 'container' };
  const found = java === null ? 'no Java' : `Java ${java}`;
  const maven = isOnPath('mvn') ? '' : ' and no Maven';
  return {
    available: false,
    why: `Kafka needs Java 17 or newer with Maven (found ${found}${hasJava ? maven : ''}), or a container engine that answers (none did)`,
  };
}

/**
 * Starts a single Kafka node (KRaft) on loopback from its Maven artifacts, or in a container where
 * Java or Maven is missing. One left by a killed owner is stopped first; its log is recovered by
 * Kafka itself.
 * @throws Error with the reason when none can be had or it does not answer.
 */
export async function startKafka(options: KafkaOptions): Promise<RunningKafka> {
  const { stateDir, log } = options;
  const cacheDir = options.cacheDir ?? defaultCacheDir;
  const availability = kafkaAvailability(cacheDir);
  if (!availability.available) throw new Error(availability.why);
  await mkdir(stateDir, { recursive: true });
  const release = await takeOwnership(stateDir, 'Kafka');
  await stopLeftover(stateDir, log);
  const logFile = options.logFile ?? join(stateDir, 'kafka.log');
  const isContainer = availability.how === 'container';
  try {
    const identityFile = identityFileIn(stateDir);
    await (isContainer ? pullKafka({ stateDir, identityFile }, log) : fetchJars(cacheDir, log, identityFile));
    return await startOnFreePorts('Kafka', log, async (shift) => {
      const ports = await choosePorts(stateDir, (options.port ?? 59092) + shift, log);
      const { started, cluster } = isContainer
        ? await launchContainer(stateDir, ports, logFile)
        : await launch(options, cacheDir, ports, logFile);
      const brokers = `127.0.0.1:${ports.broker}`;
      return finish(started, { brokers, cluster }, logFile, stateDir, release);
    });
  } catch (error) {
    await release();
    throw error;
  }
}

async function launch(
  { stateDir, log, heapMb, compiler }: KafkaOptions,
  cacheDir: string,
  ports: Ports,
  logFile: string,
): Promise<Launched> {
  await writeFileAtomically(join(stateDir, propertiesName), toProperties(serverSettings(ports)));
  const cluster = await format(stateDir, cacheDir, log);
  const flags = [`-Xmx${heapMb ?? 768}m`, ...(compiler === 'full' ? [] : [QUICK_COMPILER]), ...JVM];
  const command = [...flags, '-cp', classPath(cacheDir, stateDir), 'kafka.Kafka', propertiesName];
  const identityFile = identityFileIn(stateDir);
  const options = { cwd: stateDir, env: javaEnvironment(), logFile, identityFile };
  return { started: await startProcess('java', command, options), cluster };
}

/** Its cluster is another than that of a broker from Maven in the same folder: so are its data. */
async function launchContainer(stateDir: string, ports: Ports, logFile: string): Promise<Launched> {
  const file = join(stateDir, 'container.cluster');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  const cluster = known === '' ? randomClusterId() : known;
  const started = await startKafkaContainer(
    { stateDir, logFile, identityFile: identityFileIn(stateDir) },
    { port: ports.broker, controllerPort: ports.controller, clusterId: cluster, isNew: known === '' },
  );
  await writeFileAtomically(file, cluster);
  return { started, cluster };
}

type Launched = { started: Started; cluster: string };

const identityFileIn = (stateDir: string) => join(stateDir, 'kafka.pid.json');

const randomClusterId = () => clusterIdFrom(() => crypto.getRandomValues(new Uint8Array(16)));

export const QUICK_COMPILER = '-XX:TieredStopAtLevel=1';

export const JVM = [
  '-Xms128m',
  '-XX:+UseSerialGC',
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

async function finish(
  started: Started,
  { brokers, cluster }: { brokers: string; cluster: string },
  logFile: string,
  stateDir: string,
  release: () => Promise<void>,
): Promise<RunningKafka> {
  const end = async () => {
    await stopProcess(started.identity, 20_000);
    await removeContainer(stateDir);
    await rm(identityFileIn(stateDir), { force: true });
  };
  // Where another start's broker took the port, it answers here as well.
  const isUp = async () => started.hasExited() || (await answers(brokers, cluster));
  const answered = await waitUntil(isUp, 90_000, 200);
  if (!answered || started.hasExited()) {
    const why = started.hasExited() ? 'ended at once' : 'did not answer within 90 s';
    await end();
    throw await failedStart(`Kafka ${why}`, logFile);
  }
  const stop = async () => {
    await end();
    await release();
  };
  return { brokers, pid: started.identity.pid, exited: started.exited, stop };
}

async function stopLeftover(stateDir: string, log: Log): Promise<void> {
  const leftover = await readIdentity(identityFileIn(stateDir));
  const outcome = leftover === null ? 'gone' : await stopProcess(leftover, 20_000);
  if (outcome !== 'gone') log(`stopped a Kafka left by an earlier run (pid ${leftover?.pid})`);
  if (await removeContainer(stateDir)) log("removed a Kafka's container left by an earlier run");
  await rm(identityFileIn(stateDir), { force: true });
}

type Ports = { broker: number; controller: number };

async function choosePorts(stateDir: string, wanted: number, log: Log): Promise<Ports> {
  const file = join(stateDir, 'kafka.port');
  const [broker = 0, controller = 0] = (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number);
  if (broker > 0 && controller > 0 && (await isPortFree(broker)) && (await isPortFree(controller))) {
    return { broker, controller };
  }
  const chosen = await freePort(wanted);
  if (chosen !== wanted || broker > 0) {
    log(`port ${broker > 0 ? broker : wanted} is taken; Kafka uses ${chosen}`);
  }
  const ports = { broker: chosen, controller: await freePort(chosen + 1) };
  await writeFileAtomically(file, `${ports.broker} ${ports.controller}`);
  return ports;
}

/**
 * One node in both roles. The static `controller.quorum.voters` is used because the dynamic quorum
 * writes the controller's port into the metadata log, and ours may change between two starts.
 * Topics are never made by asking for them: a consumer's typo would create one with one partition.
 */
function serverSettings(ports: Ports): Record<string, string | number> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    // Several are separated by commas, which a whole path may hold as well.
    'log.dirs': 'data',
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.retention.ms': -1,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    // A broker that comes back is refused until its former session has run out (9 s as shipped).
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
  };
}

/** In the folder that the broker is started in, as its data are: a path may hold what Java reads otherwise. */
const propertiesName = 'server.properties';

/** Answers the cluster's id. */
async function format(stateDir: string, cacheDir: string, log: Log): Promise<string> {
  const file = join(stateDir, 'kafka.cluster');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known !== '') return known;
  log('formatting the Kafka log folder');
  await rm(join(stateDir, 'data'), { recursive: true, force: true });
  const clusterId = randomClusterId();
  const logFile = join(stateDir, 'format.log');
  const tool = await startProcess(
    'java',
    [
      ...JVM,
      '-cp',
      classPath(cacheDir, stateDir),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      clusterId,
      '-c',
      propertiesName,
    ],
    { cwd: stateDir, env: javaEnvironment(), logFile },
  );
  const { code } = await tool.exited;
  if (code !== 0) {
    throw new Error(['Kafka could not format its log folder:', ...(await lastLines(logFile, 8))].join('\n'));
  }
  await writeFileAtomically(file, clusterId);
  return clusterId;
}

/** The client that needs no group and prints no warning on Node 24, which kafkajs does. */
async function answers(brokers: string, cluster: string): Promise<boolean> {
  const admin = new Admin({
    clientId: 'reprise-launcher',
    bootstrapBrokers: [brokers],
    retries: 0,
    connectTimeout: 1_000,
    requestTimeout: 3_000,
  });
  try {
    const found = await admin.metadata({ topics: [] });
    return found.brokers.size > 0 && found.id === cluster;
  } catch {
    return false;
  } finally {
    await admin.close().catch(() => undefined);
  }
}
