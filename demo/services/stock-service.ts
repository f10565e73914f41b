/**
 * The order and stock service. Without arguments that name work it has none.
 *   story --part before|after --seed S --from ISO --to ISO   feeds a part of the seeded history
 *   traffic --rate N --seconds N                             live traffic
 *   retry --count N                                          publishes recent events again, as after a time-out
 *   corrections                                              answers HTTP: takes corrections of stock
 *   lose --count N                                           records facts whose outbox rows are not carried
 */
import { once } from 'node:events';
import type pg from 'pg';
import { storyDefaults, writeStockStory } from '../story/stock-story.ts';
import { inTransaction, openPool, persist } from './process/database.ts';
import { type Logger, readArguments, required, runService } from './process/lifetime.ts';
import { type Asked, serve } from './process/serve.ts';
import { answerCorrection } from './stock/answer-corrections.ts';
import { feedStory } from './stock/feed-story.ts';
import { feedTraffic } from './stock/feed-traffic.ts';
import { loseFacts } from './stock/lose-facts.ts';
import { publishAgain } from './stock/record-facts.ts';

await runService('stock-service', async ({ log, stopped }) => {
  const { values, positionals } = readArguments({
    part: { type: 'string' },
    seed: { type: 'string', default: storyDefaults.seed },
    from: { type: 'string' },
    to: { type: 'string' },
    rate: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
    count: { type: 'string', default: '1' },
  });
  const pool = openPool(required('DEMO_DATABASE_URL'), log);
  try {
    const [work] = positionals;
    if (work === 'story') await feedPart(pool, log, values);
    else if (work === 'retry') await retryRecent(pool, log, Number(values.count));
    else if (work === 'lose') {
      const lost = await loseFacts(pool, Number(values.count));
      log.info({ lost }, `recorded ${lost.length} facts that nobody carries`);
    } else if (work === 'corrections') await takeCorrections(pool, log, stopped);
    else if (work === 'traffic') {
      const perSecond = Number(values.rate);
      const recorded = await feedTraffic(pool, { perSecond, seconds: Number(values.seconds), log, stopped });
      log.info({ recorded }, `recorded ${recorded} facts`);
    } else
      throw new Error(`no such work: ${work ?? 'none given'} (story, traffic, corrections, retry or lose)`);
  } finally {
    await pool.end();
  }
});

async function takeCorrections(pool: pg.Pool, log: Logger, stopped: AbortSignal): Promise<void> {
  const port = Number(required('DEMO_CORRECTIONS_PORT'));
  const token = required('DEMO_CORRECTIONS_TOKEN');
  const answer = (asked: Asked) => answerCorrection(pool, token, asked);
  const server = await persist(() => serve({ service: 'stock', pool, log, answer, port }), log, stopped);
  if (!stopped.aborted) await once(stopped, 'abort');
  await server.close();
}

async function feedPart(
  pool: pg.Pool,
  log: Logger,
  values: { part?: string; seed: string; from?: string; to?: string },
): Promise<void> {
  const { part, seed, from = '', to = '' } = values;
  if (part !== 'before' && part !== 'after') throw new Error('--part is before or after');
  const story = writeStockStory({ ...storyDefaults, seed, startsAt: new Date(from), endsAt: new Date(to) });
  const steps = story.parts[part];
  await feedStory(pool, steps);
  log.info({ part, steps: steps.length }, `fed the history's part ${part}`);
}

/** The most recent events, each published once so far. */
async function retryRecent(pool: pg.Pool, log: Logger, count: number): Promise<void> {
  const published = await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ event_id: string }>(
      `select event_id from outbox group by event_id having count(*) = 1
       order by max(publication) desc limit $1`,
      [count],
    );
    return publishAgain(
      client,
      rows.map((row) => row.event_id),
    );
  });
  log.info({ published }, `published ${published} events again`);
}
