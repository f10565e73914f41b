import { join } from 'node:path';
import { kafkaAvailability } from '../../demo/infra/kafka.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { connectionSetting, promoterSetting, readSettings, type Settings } from '../../server/env.ts';
import { isLoopback } from '../../server/loopback.ts';
import { type DatabaseReady, startEmbeddedKafka, startEmbeddedPostgres } from './backing.ts';
import { type BuildRecords, buildPages, generateClient } from './build.ts';
import type { LaunchContext } from './context.ts';
import { migrateDatabase } from './database.ts';
import { startDemo } from './demo.ts';
import { type Opened, openDoors } from './doors.ts';
import { childFile } from './instance.ts';
import { rotatedLog } from './logs.ts';
import { prepareDoor } from './people.ts';
import { planServers, type ServerPlan } from './servers.ts';
import { signingKey } from './signing-key.ts';
import { checkpointsApart } from './state-folder.ts';
import { StepFailed } from './steps.ts';
import { bundleWorker } from './worker-bundle.ts';

export type LaunchOptions = { port: number | null; seed: string | null };

/** What the user has set, with null for a database that is ours to bring. */
export type OwnSettings = Omit<Settings, 'databaseUrl'> & { databaseUrl: string | null };

/**
 * Reads every setting before anything starts, so that a wrong one is named at once.
 * @throws RepriseError that names all wrong settings.
 */
export function readOwnSettings(environment: NodeJS.ProcessEnv, root: string): OwnSettings {
  const hasOwn = Boolean(environment.DATABASE_URL) || Boolean(environment.DATABASE_URL_FILE);
  const standIn = hasOwn
    ? {}
    : { DATABASE_URL: 'postgresql://127.0.0.1/reprise', ...ofBroughtBroker(environment) };
  const settings = readSettings({ ...environment, ...standIn }, root);
  if (!hasOwn && settings.ownerDatabaseUrl !== null)
    throw new RepriseError(
      'setting-invalid',
      'REPRISE_OWNER_DATABASE_URL is set and DATABASE_URL is not: they name one database, for the role that owns it and the role that runs (docs/settings.md).',
      { where: 'DATABASE_URL' },
    );
  return { ...settings, databaseUrl: hasOwn ? settings.databaseUrl : null };
}

/** Beside the database that is brought there may be a broker too: what is said of writing to it is not said of none. */
function ofBroughtBroker({ KAFKA_BROKERS, KAFKA_PROMOTER }: NodeJS.ProcessEnv) {
  return KAFKA_BROKERS || KAFKA_PROMOTER !== 'true' ? {} : { KAFKA_PROMOTER: '' };
}

type Launched = Opened & {
  /** What follows the address in the link that makes the first administrator; null where somebody is one. */
  readonly firstLink: string | null;
};

/** Brings everything up, side by side where it can. */
export async function launch(
  context: LaunchContext,
  own: OwnSettings,
  options: LaunchOptions,
): Promise<Launched> {
  const kafkaBrokers = own.kafka?.brokers.join(',') ?? null;
  const plan = planServers({ databaseUrl: own.databaseUrl, kafkaBrokers }, () =>
    kafkaAvailability(context.cacheDir),
  );
  for (const note of plan.notes) context.steps.note(note);
  for (const name of own.unknown) context.steps.note(`${name} is set, but is no setting of Reprise`);
  const database = provideDatabase(context, plan, own);
  const brokers = provideBrokers(context, plan, kafkaBrokers);
  const [{ databaseUrl }, reachable, demo, , workerFile] = await Promise.all([
    database,
    brokers,
    provideDemo(context, plan, options, database, brokers),
    database.then((ready) => migrateDatabase(context, ready)),
    prepareCode(context),
  ]);
  for (const name of promotersAside(demo, own))
    context.steps.note(
      `${promoterSetting(name)} is not used: the states of ${name} are read in the demo's database, and corrected there. Set ${connectionSetting(name)} too to use your own.`,
    );
  const settings = {
    ...demoBeside(demo, own),
    ...addressesOf(databaseUrl, reachable),
    ...(await signingKey(context)),
    ...(plan.embeddedPostgres && !process.env.REPRISE_CHECKPOINT_DIR
      ? await checkpointsApart(context.stateDir, context.root)
      : {}),
  };
  const door = await prepareDoor(
    context,
    settings,
    // The demo's passwords are known, so its people are let in on this machine only.
    plan.demo !== 'none' && isLoopback(own.host) && own.origin === null,
  );
  const { address, isDown } = await openDoors(context, {
    host: own.host,
    origin: own.origin,
    port: options.port ?? own.port,
    settings: { ...settings, ...door.settings },
    workerFile,
  });
  return { address: own.origin ?? address, isDown, firstLink: door.firstLink };
}

async function provideDatabase(
  context: LaunchContext,
  plan: ServerPlan,
  { databaseUrl, ownerDatabaseUrl }: OwnSettings,
): Promise<DatabaseReady> {
  if (plan.embeddedPostgres || databaseUrl === null) return startEmbeddedPostgres(context);
  return { databaseUrl, ownerUrl: ownerDatabaseUrl, adminUrlFor: null };
}

/** Without a broker the PostgreSQL contract still works in full, so its absence is said and borne. */
async function provideBrokers(
  context: LaunchContext,
  plan: ServerPlan,
  kafkaBrokers: string | null,
): Promise<string | null> {
  if (!plan.embeddedKafka) return kafkaBrokers;
  try {
    return await startEmbeddedKafka(context);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    context.steps.note('The Kafka contract (inventory) is unavailable in this run, for the reason above.');
    context.steps.note('The PostgreSQL contract (accounts) works in full.');
    return null;
  }
}

async function provideDemo(
  context: LaunchContext,
  plan: ServerPlan,
  { seed }: LaunchOptions,
  database: Promise<DatabaseReady>,
  brokers: Promise<string | null>,
): Promise<Record<string, string>> {
  if (plan.demo === 'none') return {};
  const { adminUrlFor } = await database;
  if (adminUrlFor === null) return {};
  return startDemo(context, { adminUrlFor, kafkaBrokers: await brokers, seed });
}

/** Answers the file that the worker is started from. */
async function prepareCode(context: LaunchContext): Promise<string> {
  const { root, stateDir, logsDir, cacheDir, steps } = context;
  const recordsOf = async (name: string): Promise<BuildRecords> => ({
    logFile: await rotatedLog(logsDir, name),
    identityFile: childFile(stateDir, name),
  });
  await steps.step('Prisma client', async () =>
    generateClient(root, join(cacheDir, 'client.key'), await recordsOf('prisma')),
  );
  const workerFile = await steps.step('Worker', () => bundleWorker(root, cacheDir));
  await steps.step('Pages', async () =>
    buildPages(root, join(cacheDir, 'build.key'), await recordsOf('build')),
  );
  return workerFile;
}

/** Whether the broker that did not come may be written to is refused as a setting of none, so it is taken away. */
export function addressesOf(databaseUrl: string, kafkaBrokers: string | null): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    ...(kafkaBrokers === null ? { KAFKA_PROMOTER: '' } : { KAFKA_BROKERS: kafkaBrokers }),
  };
}

type OwnPairs = Pick<OwnSettings, 'connections' | 'promoters'>;

/**
 * The demo's settings, with the user's own connections before them. States are not read in one place and corrected in
 * another: who corrects is the demo's where the connection is, and the user's where that is theirs.
 */
export function demoBeside(
  demo: Readonly<Record<string, string>>,
  own: Pick<OwnPairs, 'connections'>,
): Record<string, string> {
  const named = new Set([...own.connections.keys()].map(promoterSetting));
  const kept = Object.entries(demo).filter(([name]) => !named.has(name));
  return { ...Object.fromEntries(kept), ...connectionsOf(own) };
}

/** Databases of the demo for which the user has named who corrects, and not where states are read. */
export function promotersAside(demo: Readonly<Record<string, string>>, own: OwnPairs): readonly string[] {
  return [...own.promoters.keys()].filter(
    (name) => !own.connections.has(name) && connectionSetting(name) in demo,
  );
}

function connectionsOf({ connections }: Pick<OwnPairs, 'connections'>): Record<string, string> {
  const entries = [...connections].map(([name, url]) => [`REPRISE_CONNECTION_${name.toUpperCase()}`, url]);
  return Object.fromEntries(entries);
}
