import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pullConnect, removeContainer, startConnectContainer } from './containers.ts';
import { classPath, fetchJars, javaEnvironment } from './jars.ts';
import { defaultCacheDir, JVM, kafkaAvailability, QUICK_COMPILER } from './kafka.ts';
import { freePort, isPortFree, startOnFreePorts } from './ports.ts';
import {
  type Exit,
  failedStart,
  type Log,
  readIdentity,
  type Started,
  startProcess,
  stopProcess,
  takeOwnership,
  waitUntil,
  writeFileAtomically,
} from './processes.ts';
import { toProperties } from './properties.ts';

export type ConnectOptions = {
  stateDir: string;
  kafkaBrokers: string;
  /** Connector name to its settings, without `name`. */
  connectors: Record<string, Record<string, string>>;
  log: Log;
  restPort?: number;
  logFile?: string;
  cacheDir?: string;
};

/** `state` as Kafka Connect reports it; a connector is well when it and all its tasks are RUNNING. */
export type ConnectorStatus = {
  name: string;
  state: string;
  tasks: { id: number; state: string; trace?: string }[];
};

export type RunningConnect = {
  restUrl: string;
  pid: number;
  status: (connector: string) => Promise<ConnectorStatus | null>;
  exited: Promise<Exit>;
  stop: () => Promise<void>;
};

/**
 * Starts Kafka Connect with Debezium (ConnectStandalone) and resolves when every connector and at
 * least one task of each is RUNNING. Source offsets are kept in the state folder.
 * @throws Error with the connector's trace or the log's end when one does not come up within 180 s.
 */
export async function startConnect(options: ConnectOptions): Promise<RunningConnect> {
  const { stateDir, log, connectors } = options;
  const cacheDir = options.cacheDir ?? defaultCacheDir;
  await mkdir(stateDir, { recursive: true });
  const release = await takeOwnership(stateDir, 'Kafka Connect');
  await stopLeftover(stateDir, log);
  const logFile = options.logFile ?? join(stateDir, 'connect.log');
  const availability = kafkaAvailability(cacheDir);
  const isContainer = availability.available && availability.how === 'container';
  const end = async (started: Started) => {
    await stopProcess(started.identity, 15_000);
    await removeContainer(stateDir);
    await rm(identityFileIn(stateDir), { force: true });
  };
  try {
    if (!availability.available) throw new Error(availability.why);
    const identityFile = identityFileIn(stateDir);
    await (isContainer
      ? pullConnect({ stateDir, identityFile }, log)
      : fetchJars(cacheDir, log, identityFile));
    const { restUrl, started } = await startOnFreePorts('Connect', log, async (shift) => {
      const restPort = await choosePort(stateDir, (options.restPort ?? 58083) + shift, log);
      const restUrl = `http://127.0.0.1:${restPort}`;
      const started = isContainer
        ? await startConnectContainer(
            { stateDir, logFile, identityFile: identityFileIn(stateDir) },
            { restPort, brokers: options.kafkaBrokers },
          )
        : await launch(options, cacheDir, restPort, logFile);
      const status = (name: string) => fetchStatus(restUrl, name);
      const refused = isContainer ? await postConnectors(restUrl, connectors, started) : null;
      const failure = refused ?? (await waitForConnectors(Object.keys(connectors), status, started));
      if (failure === null) return { restUrl, started };
      await end(started);
      throw await failedStart(failure, logFile);
    });
    return {
      restUrl,
      pid: started.identity.pid,
      status: (name) => fetchStatus(restUrl, name),
      exited: started.exited,
      stop: async () => {
        await end(started);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function launch(
  options: ConnectOptions,
  cacheDir: string,
  restPort: number,
  logFile: string,
): Promise<Started> {
  const { stateDir, kafkaBrokers, connectors } = options;
  // By their names alone, since the folder that it is started in is theirs: a path may hold what Java reads otherwise.
  const worker = 'worker.properties';
  await writeFileAtomically(join(stateDir, worker), toProperties(workerSettings(kafkaBrokers, restPort)));
  const files: string[] = [];
  for (const [name, settings] of Object.entries(connectors)) {
    // Holds the source database's password: readable by its owner only.
    const file = `${name}.properties`;
    await writeFileAtomically(join(stateDir, file), toProperties({ name, ...settings }));
    files.push(file);
  }
  const main = 'org.apache.kafka.connect.cli.ConnectStandalone';
  return startProcess(
    'java',
    ['-Xmx384m', QUICK_COMPILER, ...JVM, '-cp', classPath(cacheDir, stateDir), main, worker, ...files],
    {
      cwd: stateDir,
      env: javaEnvironment(),
      logFile,
      identityFile: identityFileIn(stateDir),
    },
  );
}

function workerSettings(brokers: string, restPort: number): Record<string, string> {
  return {
    'bootstrap.servers': brokers,
    listeners: `http://127.0.0.1:${restPort}`,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': 'false',
    'value.converter.schemas.enable': 'false',
    'offset.storage.file.filename': 'source.offsets',
    'offset.flush.interval.ms': '1000',
    // Every plugin here names itself (META-INF/services); scanning the class path costs seconds.
    'plugin.discovery': 'service_load',
  };
}

/** Answers why it could not hand them over, or null. */
async function postConnectors(
  restUrl: string,
  connectors: Record<string, Record<string, string>>,
  started: Started,
): Promise<string | null> {
  const isUp = () =>
    fetch(restUrl, { signal: AbortSignal.timeout(2_000) }).then(
      (r) => r.ok,
      () => false,
    );
  const answered = await waitUntil(async () => started.hasExited() || (await isUp()), 120_000, 500);
  if (started.hasExited()) return endedAtOnce;
  if (!answered) return 'Kafka Connect did not answer within 120 s';
  for (const [name, settings] of Object.entries(connectors)) {
    const refused = await fetch(`${restUrl}/connectors/${encodeURIComponent(name)}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
      signal: AbortSignal.timeout(30_000),
    }).then(
      (response) => (response.ok ? null : `answered ${response.status}`),
      (error: unknown) => String(error),
    );
    if (refused !== null) return `Kafka Connect did not take connector ${name}: ${refused}`;
  }
  return null;
}

const endedAtOnce = 'Kafka Connect ended at once';

async function fetchStatus(restUrl: string, name: string): Promise<ConnectorStatus | null> {
  const url = `${restUrl}/connectors/${encodeURIComponent(name)}/status`;
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
  if (response === null || !response.ok) return null;
  const body = (await response.json()) as {
    connector: { state: string };
    tasks: { id: number; state: string; trace?: string }[];
  };
  return { name, state: body.connector.state, tasks: body.tasks };
}

async function waitForConnectors(
  names: readonly string[],
  status: (name: string) => Promise<ConnectorStatus | null>,
  started: Started,
): Promise<string | null> {
  let failure: string | null = null;
  const isSettled = async () => {
    if (started.hasExited()) {
      failure = endedAtOnce;
      return true;
    }
    const found = await Promise.all(names.map(status));
    for (const one of found) {
      const broken = one?.tasks.find((task) => task.state === 'FAILED');
      if (one?.state === 'FAILED' || broken !== undefined) {
        failure = `connector ${one?.name} failed: ${broken?.trace?.split('\n').slice(0, 3).join(' ') ?? ''}`;
        return true;
      }
    }
    return found.every(
      (one) => one?.state === 'RUNNING' && one.tasks.some((task) => task.state === 'RUNNING'),
    );
  };
  const settled = await waitUntil(isSettled, 180_000, 200);
  return settled ? failure : 'no connector was RUNNING within 180 s';
}

async function stopLeftover(stateDir: string, log: Log): Promise<void> {
  const leftover = await readIdentity(identityFileIn(stateDir));
  const outcome = leftover === null ? 'gone' : await stopProcess(leftover, 15_000);
  if (outcome !== 'gone') log(`stopped a Kafka Connect left by an earlier run (pid ${leftover?.pid})`);
  if (await removeContainer(stateDir)) log("removed a Kafka Connect's container left by an earlier run");
  await rm(identityFileIn(stateDir), { force: true });
}

const identityFileIn = (stateDir: string) => join(stateDir, 'connect.pid.json');

async function choosePort(stateDir: string, wanted: number, log: Log): Promise<number> {
  const file = join(stateDir, 'connect.port');
  const remembered = Number(await readFile(file, 'utf8').catch(() => ''));
  if (remembered > 0 && (await isPortFree(remembered))) return remembered;
  const port = await freePort(wanted);
  if (port !== wanted || remembered > 0)
    log(`port ${remembered > 0 ? remembered : wanted} is taken; Connect uses ${port}`);
  await writeFileAtomically(file, String(port));
  return port;
}
