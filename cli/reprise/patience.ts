import { isDatabaseAway } from '../database-fault.ts';
import type { CommandContext } from './world.ts';

const everyMs = 1_000;
/** Five minutes and more: a server that is restarted is back by then. */
const tries = 300;

/** Asks again while the database is away, and says so once. For questions only: to ask twice does nothing. */
export async function askPatiently<T>(context: CommandContext, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isDatabaseAway(error) || attempt === tries) throw error;
      if (attempt === 1) context.output.err('The database does not answer; waiting until it is back.');
      await context.wait(everyMs);
    }
  }
}
