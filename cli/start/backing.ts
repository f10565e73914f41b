import { join } from 'node:path';
import { type RunningConnect, startConnect } from '../../demo/infra/connect.ts';
import { DEBEZIUM_VERSION, KAFKA_VERSION } from '../../demo/infra/jars.ts';
import { startKafka } from '../../demo/infra/kafka.ts';
import { type RunningPostgres, startPostgres } from '../../demo/infra/postgres.ts';
import { lastingFolder } from '../../demo/infra/postgres-home.ts';
import type { LaunchContext } from './context.ts';
import { rotatedLog } from './logs.ts';
import { type Running, supervise } from './supervise.ts';

export type DatabaseReady = {
  /** Reprise's own database, for the role that runs. */
  databaseUrl: string;
  /** The same for the role that owns its tables; null where nobody has named it. */
  ownerUrl: string | null;
  /** A superuser's URL of a database on the embedded server, for the demo; null at a user's own. */
  adminUrlFor: ((database: string) => string) | null;
};

/** Supervises a server whose start gives more than its process, and answers the first start's result. */
async function superviseServer<T extends Running>(
  context: LaunchContext,
  name: string,
  logFile: string,
  start: () => Promise<T>,
): Promise<T> {
  let first: T | null = null;
  const supervised = await supervise({
    name,
    log: context.log,
    logFile,
    start: async () => {
      const running = await start();
      first ??= running;
      return running;
    },
  });
  context.running.push(supervised);
  if (first === null) throw new Error(`${name} was not started.`);
  return first;
}

/** The embedded PostgreSQL with Reprise's database in it. */
export function startEmbeddedPostgres(context: LaunchContext): Promise<DatabaseReady> {
  return context.steps.step('PostgreSQL 18', async (progress) => {
    const logFile = await rotatedLog(context.logsDir, 'postgres');
    const stateDir = join(context.stateDir, 'postgres');
    const start = (): Promise<RunningPostgres> =>
      startPostgres({ stateDir, log: both(context, progress), logFile, lastingDir: lastingFolder });
    const postgres = await superviseServer(context, 'PostgreSQL', logFile, start);
    const ownerUrl = await postgres.ensureOwnedDatabase('reprise');
    const databaseUrl = await postgres.ensureGuest('reprise', 'reprise_runner');
    return {
      detail: `127.0.0.1:${postgres.port}`,
      value: { databaseUrl, ownerUrl, adminUrlFor: postgres.urlFor },
    };
  });
}

/** The embedded broker; answers its `host:port`. */
export function startEmbeddedKafka(context: LaunchContext): Promise<string> {
  return context.steps.step(`Kafka ${KAFKA_VERSION}`, async (progress) => {
    const logFile = await rotatedLog(context.logsDir, 'kafka');
    const { brokers } = await superviseServer(context, 'Kafka', logFile, () =>
      startKafka({
        stateDir: join(context.stateDir, 'kafka'),
        log: both(context, progress),
        logFile,
        cacheDir: context.cacheDir,
      }),
    );
    return { detail: brokers, value: brokers };
  });
}

/** Kafka Connect with the demo's connectors, once they all run. */
export function startDebezium(
  context: LaunchContext,
  kafkaBrokers: string,
  connectors: Record<string, Record<string, string>>,
  runsAt: (restUrl: string) => void,
): Promise<RunningConnect> {
  return context.steps.step(`Debezium ${DEBEZIUM_VERSION}`, async (progress) => {
    const logFile = await rotatedLog(context.logsDir, 'connect');
    const connect = await superviseServer(context, 'Debezium', logFile, async () => {
      const running = await startConnect({
        stateDir: join(context.stateDir, 'connect'),
        kafkaBrokers,
        connectors,
        log: both(context, progress),
        logFile,
        cacheDir: context.cacheDir,
      });
      runsAt(running.restUrl);
      return running;
    });
    return { detail: Object.keys(connectors).join(', '), value: connect };
  });
}

/** Printed once as a line of its own, and repeated while the step lasts. */
function both(context: LaunchContext, progress: (line: string) => void): (line: string) => void {
  return (line) => {
    progress(line);
    context.steps.note(line);
  };
}
