/**
 * Keeps account_balances.
 *   --drain   ends when everything in the event table has been applied
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isBehind, projectNext } from './accounts/project-balances.ts';
import { inTransaction, openPool, persist } from './process/database.ts';
import { readArguments, required, runService } from './process/lifetime.ts';

const pollMs = 250;
const drainWithinMs = 120_000;

await runService('account-projector', async ({ log, stopped }) => {
  const { values } = readArguments({ drain: { type: 'boolean', default: false } });
  const pool = openPool(required('DEMO_DATABASE_URL'), log);
  const deadline = Date.now() + drainWithinMs;
  try {
    while (!stopped.aborted) {
      const applied = await persist(() => inTransaction(pool, projectNext), log, stopped);
      if (applied > 0) continue;
      if (values.drain && !(await inTransaction(pool, isBehind))) return;
      if (values.drain && Date.now() > deadline) throw new Error(`not drained within ${drainWithinMs} ms`);
      await pause(pollMs, undefined, { signal: stopped }).catch(() => undefined);
    }
  } finally {
    await pool.end();
  }
});
