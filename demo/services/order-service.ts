/**
 * The order service: takes orders over HTTP and by itself, and does their steps.
 *   --every N   seconds between the orders that it takes by itself
 */
import { randomUUID } from 'node:crypto';
import { seededRandom } from '../story/random.ts';
import { answerWrite } from './orders/answer-writes.ts';
import { feedOrders } from './orders/feed-orders.ts';
import { openPool, persist } from './process/database.ts';
import { readArguments, required, runService } from './process/lifetime.ts';
import { serve } from './process/serve.ts';

await runService('order-service', async ({ log, stopped }) => {
  const { values } = readArguments({ every: { type: 'string', default: '5' } });
  const everyMs = Number(values.every) * 1_000;
  if (!(everyMs >= 100)) throw new Error('--every is a number of seconds, and at least 0.1');
  const pool = openPool(required('DEMO_DATABASE_URL'), log);
  const random = seededRandom(randomUUID());
  try {
    const answer = (asked: Parameters<typeof answerWrite>[2]) => answerWrite(pool, random, asked);
    const server = await persist(() => serve({ service: 'orders', pool, log, answer }), log, stopped);
    await feedOrders(pool, { everyMs, random, log, stopped });
    await server.close();
  } finally {
    await pool.end();
  }
});
