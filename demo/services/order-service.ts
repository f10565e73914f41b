/**
 * The order service: takes orders over HTTP and by itself, does their steps, and takes corrections of them.
 *   --every N   seconds between the orders that it takes by itself
 */
import { randomUUID } from 'node:crypto';
import { seededRandom } from '../story/random.ts';
import { answerCorrection } from './orders/answer-corrections.ts';
import { answerWrite } from './orders/answer-writes.ts';
import { feedOrders } from './orders/feed-orders.ts';
import { openPool, persist } from './process/database.ts';
import { readArguments, required, runService } from './process/lifetime.ts';
import { type Asked, serve } from './process/serve.ts';

await runService('order-service', async ({ log, stopped }) => {
  const { values } = readArguments({ every: { type: 'string', default: '5' } });
  const everyMs = Number(values.every) * 1_000;
  if (!(everyMs >= 100)) throw new Error('--every is a number of seconds, and at least 0.1');
  const pool = openPool(required('DEMO_DATABASE_URL'), log);
  const random = seededRandom(randomUUID());
  try {
    const port = Number(required('DEMO_CORRECTIONS_PORT'));
    const token = required('DEMO_CORRECTIONS_TOKEN');
    const answer = (asked: Asked) =>
      asked.url.pathname === '/corrections'
        ? answerCorrection(pool, random, token, asked)
        : answerWrite(pool, random, asked);
    const server = await persist(() => serve({ service: 'orders', pool, log, answer, port }), log, stopped);
    await feedOrders(pool, { everyMs, random, log, stopped });
    await server.close();
  } finally {
    await pool.end();
  }
});
