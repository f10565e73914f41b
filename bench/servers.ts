import { join, resolve } from 'node:path';
import { startKafka } from '../demo/infra/kafka.ts';
import { startPostgres } from '../demo/infra/postgres.ts';

export type Servers = {
  /** Of a superuser; it holds a password: never printed. */
  readonly databaseUrl: string;
  readonly brokers: string;
  readonly stop: () => Promise<void>;
};

const stateDir = resolve('.reprise/bench');

/** The servers that the environment names, else a PostgreSQL and a Kafka of the bench's own, stopped at its end. */
export async function openServers(say: (line: string) => void): Promise<Servers> {
  const { REPRISE_TEST_DATABASE_URL: named, REPRISE_TEST_KAFKA_BROKERS: brokers } = process.env;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    let databaseUrl = named ?? '';
    if (databaseUrl === '') {
      const postgres = await startPostgres({ stateDir: join(stateDir, 'postgres'), log: say, port: 55932 });
      stops.push(postgres.stop);
      databaseUrl = postgres.urlFor('postgres');
    }
    if (brokers) return { databaseUrl, brokers, stop };
    const kafka = await startKafka({ stateDir: join(stateDir, 'kafka'), log: say, port: 59592 });
    stops.push(kafka.stop);
    return { databaseUrl, brokers: kafka.brokers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
