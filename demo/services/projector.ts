/**
 * A projector: one program, started once for each of inventory, selling and warehouse.
 *   --profile inventory|selling|warehouse
 *   --topic T --group-suffix S            where it reads
 *   --idempotency processed-events|none   `none` is warehouse's earlier release
 *   --drain                               ends when it has applied what is on the topic now
 */
import { Kafka, logLevel } from 'kafkajs';
import { layoutOf, projectorNames } from '../layout.ts';
import { openPool } from './process/database.ts';
import { readArguments, required, runService } from './process/lifetime.ts';
import { consume } from './projector/consume.ts';
import { profiles } from './projector/profiles.ts';

const drainWithinMs = 120_000;

await runService('projector', async ({ log, stopped }) => {
  const { values } = readArguments({
    profile: { type: 'string' },
    topic: { type: 'string', default: layoutOf().topic },
    'group-suffix': { type: 'string', default: '' },
    idempotency: { type: 'string', default: 'processed-events' },
    drain: { type: 'boolean', default: false },
  });
  const name = projectorNames.find((known) => known === values.profile);
  if (name === undefined) throw new Error(`--profile is one of ${projectorNames.join(', ')}`);
  if (values.idempotency !== 'processed-events' && values.idempotency !== 'none') {
    throw new Error('--idempotency is processed-events or none');
  }
  const kafka = new Kafka({
    clientId: `${name}-projector`,
    brokers: required('DEMO_KAFKA_BROKERS').split(','),
    logLevel: logLevel.ERROR,
    connectionTimeout: 3_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10 },
  });
  const pool = openPool(required('DEMO_DATABASE_URL'), log, 10);
  try {
    await consume({
      kafka,
      pool,
      profile: profiles[name],
      topic: values.topic,
      groupSuffix: values['group-suffix'],
      checksIds: values.idempotency === 'processed-events',
      log,
      stopped,
      drain: values.drain ? { withinMs: drainWithinMs } : null,
    });
  } finally {
    await pool.end();
  }
});
