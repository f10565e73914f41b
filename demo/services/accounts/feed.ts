import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { type DatedCommand, drawCommand } from '../../story/account-story.ts';
import { seededRandom } from '../../story/random.ts';
import { inTransaction, isPassing } from '../process/database.ts';
import type { Logger } from '../process/lifetime.ts';
import { accountsOf, book, RefusedCommand } from './book.ts';

/** Commands of different accounts that run at once, as a busy bank's do: their positions and commits interleave. */
const atOnce = 4;

/** Feeds commands so that each account sees its own in their order. */
export async function feedCommands(pool: pg.Pool, commands: readonly DatedCommand[]): Promise<void> {
  let together: DatedCommand[] = [];
  let busy = new Set<string>();
  const runAll = async () => {
    await Promise.all(together.map((command) => inTransaction(pool, (client) => book(client, command))));
    together = [];
    busy = new Set();
  };
  for (const command of commands) {
    const accounts = accountsOf(command);
    if (together.length === atOnce || accounts.some((account) => busy.has(account))) await runAll();
    together.push(command);
    for (const account of accounts) busy.add(account);
  }
  await runAll();
}

/** Deposits, withdrawals and transfers at a steady rate. @returns how many were booked */
export async function feedAccountTraffic(
  pool: pg.Pool,
  options: { perSecond: number; seconds: number; log: Logger; stopped: AbortSignal },
): Promise<number> {
  const { perSecond, seconds, log, stopped } = options;
  const random = seededRandom(randomUUID());
  const startedAt = Date.now();
  let booked = 0;
  while (!stopped.aborted && Date.now() - startedAt < seconds * 1_000) {
    const due = Math.floor(((Date.now() - startedAt) / 1_000) * perSecond) + 1;
    if (booked >= due) {
      await pause(Math.min(50, 1_000 / perSecond), undefined, { signal: stopped }).catch(() => undefined);
      continue;
    }
    try {
      const command = drawCommand(random, await readBalances(pool), true);
      const dated = { ...command, eventId: randomUUID(), occurredAt: new Date().toISOString() };
      await inTransaction(pool, (client) => book(client, dated));
      booked += 1;
    } catch (error) {
      // The balances that it was drawn from were a moment old, or the server is away for a moment.
      if (!(error instanceof RefusedCommand) && !isPassing(error)) throw error;
      log.warn({ reason: error instanceof Error ? error.message : '' }, 'a command was refused');
      await pause(100);
    }
  }
  return booked;
}

async function readBalances(pool: pg.Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ account: string; balance_cents: number }>(
    'select account, balance_cents from account_balances order by account',
  );
  if (rows.length === 0) throw new Error('there are no accounts yet: the demo has not been set up');
  return new Map(rows.map((row) => [row.account, row.balance_cents]));
}
