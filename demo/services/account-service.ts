/**
 * The account service.
 *   story --seed S --from ISO --to ISO   feeds the seeded history and forgets those who asked for it
 *   traffic --rate N --seconds N         live traffic
 *   forget <subject or account>          deletes a subject's key
 */
import { accountStoryDefaults, writeAccountStory } from '../story/account-story.ts';
import { feedAccountTraffic, feedCommands } from './accounts/feed.ts';
import { forget } from './accounts/personal-data.ts';
import { inTransaction, openPool } from './process/database.ts';
import { readArguments, required, runService } from './process/lifetime.ts';

await runService('account-service', async ({ log, stopped }) => {
  const { values, positionals } = readArguments({
    seed: { type: 'string', default: accountStoryDefaults.seed },
    from: { type: 'string', default: '' },
    to: { type: 'string', default: '' },
    rate: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
  });
  const pool = openPool(required('DEMO_DATABASE_URL'), log);
  const [work, whom] = positionals;
  try {
    if (work === 'story') {
      const { seed, from, to } = values;
      const dates = { startsAt: new Date(from), endsAt: new Date(to) };
      const story = writeAccountStory({ ...accountStoryDefaults, seed, ...dates });
      await feedCommands(pool, story.commands);
      for (const account of story.forgotten) await inTransaction(pool, (client) => forget(client, account));
      log.info({ events: story.commands.length }, `fed ${story.commands.length} account events`);
    } else if (work === 'traffic') {
      const perSecond = Number(values.rate);
      const booked = await feedAccountTraffic(pool, {
        perSecond,
        seconds: Number(values.seconds),
        log,
        stopped,
      });
      log.info({ booked }, `booked ${booked} commands`);
    } else if (work === 'forget' && whom !== undefined) {
      const subject = await inTransaction(pool, (client) => forget(client, whom));
      if (subject === null) throw new Error(`${whom} has no key: unknown, or forgotten already`);
      log.info({ subject }, `forgot ${subject}`);
    } else throw new Error(`no such work: ${work ?? 'none given'} (story, traffic or forget <subject>)`);
  } finally {
    await pool.end();
  }
});
