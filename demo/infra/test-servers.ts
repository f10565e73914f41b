import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type { TestProject } from 'vitest/node';
import { kafkaAvailability, startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';
import { StateInUseError } from './processes.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL. A test makes its own database with it. */
    databaseUrl: string;
    /** `host:port` of a real broker, or '' where none can be had (the run has said so). */
    kafkaBrokers: string;
  }
}

type Stoppable = { stop: () => Promise<void> };

/**
 * The real servers for integration tests: those named by the environment, else throw-away ones of
 * this run. CI fails without a broker; elsewhere the run says what it could not check.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: Stoppable[] = [];
  const stopAll = async () => {
    for (const server of started.reverse()) await server.stop();
    started.length = 0;
  };
  try {
    project.provide('databaseUrl', await databaseUrl(started));
    project.provide('kafkaBrokers', await kafkaBrokers(started));
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}

async function databaseUrl(started: Stoppable[]): Promise<string> {
  const named = process.env.REPRISE_TEST_DATABASE_URL;
  if (named !== undefined && named !== '') return named;
  const postgres = await inFreeFolder('postgres', (stateDir) =>
    // Lost on a power cut, and no test needs it to survive one.
    startPostgres({ stateDir, log: say, port: 56432, settings: { fsync: 'off' } }),
  );
  started.push(postgres);
  return postgres.urlFor('postgres');
}

async function kafkaBrokers(started: Stoppable[]): Promise<string> {
  const named = process.env.REPRISE_TEST_KAFKA_BROKERS;
  if (named !== undefined && named !== '') return named;
  const availability = kafkaAvailability();
  if (!availability.available) {
    if (process.env.CI === 'true') throw new Error(`CI requires the broker: ${availability.why}.`);
    process.stdout.write(`NOT RUN: tests that need Kafka: ${availability.why}.\n`);
    return '';
  }
  const kafka = await inFreeFolder('kafka', (stateDir) => startKafka({ stateDir, log: say, port: 60092 }));
  started.push(kafka);
  await keepsOffsetsInTransactions(kafka.brokers);
  return kafka.brokers;
}

/**
 * A new broker makes its own topics of groups and of transactions when they are first asked for, and until then tells
 * whoever asks that somebody else coordinates. That is waited for once, so that no test has to.
 */
async function keepsOffsetsInTransactions(brokers: string): Promise<void> {
  const kafka = new Kafka({
    clientId: 'test-servers',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
  });
  const topic = 'test-servers';
  const admin = kafka.admin();
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    await producer.connect();
    for (const end = performance.now() + 60_000; ; await setTimeout(200)) {
      try {
        const transaction = await producer.transaction();
        const topics = [{ topic, partitions: [{ partition: 0, offset: '0' }] }];
        await transaction.sendOffsets({ consumerGroupId: topic, topics }).finally(() => transaction.commit());
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
      }
    }
  } finally {
    await producer.disconnect();
    await admin.disconnect();
  }
}

/** Two runs at once must not share a server, so a folder that is in use is passed over. */
async function inFreeFolder<T>(name: string, start: (stateDir: string) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(resolve('.reprise/test', attempt === 1 ? name : `${name}-${attempt}`));
    } catch (error) {
      if (!(error instanceof StateInUseError) || attempt === 8) throw error;
    }
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
