import { join } from 'node:path';
import { kafkaAvailability } from '../../demo/infra/kafka.ts';
import { migrate } from '../../server/adapters/postgres/migrate.ts';
import { type DatabaseReady, startEmbeddedKafka, startEmbeddedPostgres } from './backing.ts';
import { buildPages, generateClient } from './build.ts';
import { type LaunchContext, setting } from './context.ts';
import { openDoors } from './doors.ts';
import { rotatedLog } from './logs.ts';
import { planServers, type ServerPlan } from './servers.ts';
import { StepFailed } from './steps.ts';

export type LaunchOptions = { port: number; seed: number | null };

/** Brings everything up, side by side where it can, and answers the page's address. */
export async function launch(context: LaunchContext, options: LaunchOptions): Promise<string> {
  const plan = planServers(
    { databaseUrl: setting('DATABASE_URL'), kafkaBrokers: setting('KAFKA_BROKERS') },
    () => kafkaAvailability(context.cacheDir),
  );
  for (const note of plan.notes) context.steps.note(note);
  const database = provideDatabase(context, plan);
  const brokers = provideBrokers(context, plan);
  const [{ databaseUrl }, kafkaBrokers] = await Promise.all([
    database,
    brokers,
    database.then((ready) => migrateDatabase(context, ready.databaseUrl)),
    prepareCode(context),
  ]);
  return openDoors(context, options.port, {
    DATABASE_URL: databaseUrl,
    ...(kafkaBrokers === null ? {} : { KAFKA_BROKERS: kafkaBrokers }),
  });
}

async function provideDatabase(context: LaunchContext, plan: ServerPlan): Promise<DatabaseReady> {
  if (plan.embeddedPostgres) return startEmbeddedPostgres(context);
  return { databaseUrl: setting('DATABASE_URL') ?? '', adminUrl: null };
}

/** Without a broker the PostgreSQL contract still works in full, so its absence is said and borne. */
async function provideBrokers(context: LaunchContext, plan: ServerPlan): Promise<string | null> {
  if (!plan.embeddedKafka) return setting('KAFKA_BROKERS');
  try {
    return await startEmbeddedKafka(context);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    context.steps.note('The Kafka contract (inventory) is unavailable in this run, for the reason above.');
    context.steps.note('The PostgreSQL contract (accounts) works in full.');
    return null;
  }
}

function migrateDatabase(context: LaunchContext, databaseUrl: string): Promise<void> {
  return context.steps.step('Database schema', async () => {
    const { applied } = await migrate(databaseUrl);
    const count = `${applied.length} migration${applied.length === 1 ? '' : 's'} applied`;
    return { detail: applied.length === 0 ? 'up to date' : count, value: undefined };
  });
}

async function prepareCode(context: LaunchContext): Promise<void> {
  const { root, logsDir, cacheDir, steps } = context;
  await steps.step('Prisma client', async () => generateClient(root, await rotatedLog(logsDir, 'prisma')));
  await steps.step('Pages', async () =>
    buildPages(root, join(cacheDir, 'build.key'), await rotatedLog(logsDir, 'build')),
  );
}
