/** The one way by which anything happens to an account. */
import type pg from 'pg';
import type { AccountCommand, DatedCommand } from '../../story/account-story.ts';
import { createSubjectKey, encrypt } from './personal-data.ts';

export class RefusedCommand extends Error {
  override readonly name = 'RefusedCommand';
}

type AccountEvent = { type: string; version: number; data: Record<string, unknown>; subject: string | null };

/**
 * Decides a command and appends its event, in the caller's transaction.
 * @throws RefusedCommand when the account's balance does not allow it, or it is not there.
 */
export async function book(client: pg.ClientBase, command: DatedCommand): Promise<void> {
  const account = ownerOf(command);
  await lockAccounts(client, accountsOf(command));
  await checkFunds(client, command);
  const event = await toEvent(client, command);
  await client.query(
    `insert into account_events (event_id, account, type, version, data, subject, occurred_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      command.eventId,
      account,
      event.type,
      event.version,
      JSON.stringify(event.data),
      event.subject,
      command.occurredAt,
    ],
  );
}

export function accountsOf(command: AccountCommand): string[] {
  return command.kind === 'transfer' ? [command.from, command.to] : [command.account];
}

function ownerOf(command: AccountCommand): string {
  return command.kind === 'transfer' ? command.from : command.account;
}

/**
 * Advisory locks, before anything is written: a row lock would give this transaction its id at once, and one that
 * then waits for another would come before it in the history though it happened after.
 */
async function lockAccounts(client: pg.ClientBase, accounts: readonly string[]): Promise<void> {
  for (const account of [...accounts].sort()) {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [account]);
  }
}

async function checkFunds(client: pg.ClientBase, command: AccountCommand): Promise<void> {
  if (command.kind === 'open') return;
  const { rows } = await client.query<{ opened: number; balance: number }>(fundsOf, [ownerOf(command)]);
  const { opened, balance } = rows[0] ?? { opened: 0, balance: 0 };
  if (opened === 0) throw new RefusedCommand(`${ownerOf(command)} was never opened`);
  if (costOf(command) > balance) throw new RefusedCommand(`${ownerOf(command)} holds ${balance} cents only`);
}

function costOf(command: Exclude<AccountCommand, { kind: 'open' }>): number {
  switch (command.kind) {
    case 'deposit':
      return 0;
    case 'withdraw':
      return command.amountCents + (command.feeCents ?? 0);
    case 'transfer':
      return command.amountCents;
  }
}

const fundsOf = `
  select count(*) filter (where type = 'AccountOpened')::integer as opened,
    coalesce(sum(case
      when type = 'MoneyDeposited' or (type = 'MoneyTransferred' and data ->> 'to' = $1) then 1
      when type in ('MoneyWithdrawn', 'MoneyTransferred') then -1
      else 0 end * coalesce((data ->> 'amountCents')::integer, 0)
      - coalesce((data ->> 'feeCents')::integer, 0)), 0)::integer as balance
  from account_events
  where account = $1 or (type = 'MoneyTransferred' and data ->> 'to' = $1)`;

async function toEvent(client: pg.ClientBase, command: AccountCommand): Promise<AccountEvent> {
  switch (command.kind) {
    case 'open': {
      const subject = command.account.replace('ACC-', 'HOLDER-');
      const holder = encrypt(await createSubjectKey(client, subject), command.holder);
      return command.product === null
        ? { type: 'AccountOpened', version: 1, data: { holder }, subject }
        : { type: 'AccountOpened', version: 2, data: { holder, product: command.product }, subject };
    }
    case 'deposit':
      return money('MoneyDeposited', 1, { amountCents: command.amountCents });
    case 'withdraw': {
      const { amountCents, feeCents } = command;
      return feeCents === null
        ? money('MoneyWithdrawn', 1, { amountCents })
        : money('MoneyWithdrawn', 2, { amountCents, feeCents });
    }
    case 'transfer': {
      const { from, to, amountCents } = command;
      return money('MoneyTransferred', 1, { from, to, amountCents });
    }
  }
}

function money(type: string, version: number, data: Record<string, unknown>): AccountEvent {
  return { type, version, data, subject: null };
}
