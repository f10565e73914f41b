/**
 * Keeps order_state, and answers reads of it.
 *   --topic T --group-suffix S   where it reads
 */
import { Kafka, logLevel } from 'kafkajs';
import { layoutOf, orderProjector } from '../layout.ts';
import { answerRead } from './orders/answer-reads.ts';
import { projectorOfOrders } from './orders/order-projector.ts';
import { ReadWaits } from './orders/read-waits.ts';
import { openPool, persist } from './process/database.ts';
import { readArguments, required, runService } from './process/lifetime.ts';
import { serve } from './process/serve.ts';
import { follow } from './projector/consume.ts';

await runService(orderProjector, async ({ log, stopped }) => {
  const { values } = readArguments({
    topic: { type: 'string', default: layoutOf().ordersTopic },
    'group-suffix': { type: 'string', default: '' },
  });
  const kafka = new Kafka({
    clientId: `${orderProjector}-projector`,
    brokers: required('DEMO_KAFKA_BROKERS').split(','),
    logLevel: logLevel.ERROR,
    connectionTimeout: 3_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10 },
  });
  const pool = openPool(required('DEMO_DATABASE_URL'), log, 6);
  const waits = new ReadWaits();
  try {
    const server = await persist(
      () =>
        serve({
          service: orderProjector,
          pool,
          log,
          answer: (asked) => answerRead(pool, waits, asked, Date.now),
        }),
      log,
      stopped,
    );
    await follow({
      kafka,
      pool,
      projector: projectorOfOrders(waits, Date.now),
      topic: values.topic,
      groupSuffix: values['group-suffix'],
      log,
      stopped,
      drain: null,
    });
    await server.close();
  } finally {
    await pool.end();
  }
});
