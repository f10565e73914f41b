import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import contract from '../../../contracts/accounts.ts';
import type { EngineContract } from '../../../server/domain/contract/define.ts';
import { waitUntil } from '../../infra/processes.ts';
import { accountStoryDefaults, type DatedCommand, writeAccountStory } from '../../story/account-story.ts';
import { foldByContract, type StoredEvent } from '../../testing/fold-by-contract.ts';
import { openScratch } from '../../testing/scratch.ts';
import { inTransaction } from '../process/database.ts';
import { book } from './book.ts';
import { feedCommands } from './feed.ts';
import { forget } from './personal-data.ts';
import { isBehind, projectNext } from './project-balances.ts';

const dates = { startsAt: new Date('2026-03-02T06:00:00Z'), endsAt: new Date('2026-03-23T18:00:00Z') };
const accounts = contract as unknown as EngineContract;
type Scratch = Awaited<ReturnType<typeof openScratch>>;

const deposit = (account: string, amountCents: number, n: number): DatedCommand => ({
  kind: 'deposit',
  account,
  amountCents,
  eventId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  occurredAt: '2026-03-23T18:00:00.000Z',
});

async function projectAll({ pool }: Scratch): Promise<void> {
  // Other databases of this server hold back what is final, so an empty batch does not mean the end.
  const isDone = async () => {
    await inTransaction(pool, projectNext);
    return !(await inTransaction(pool, isBehind));
  };
  expect(await waitUntil(isDone, 60_000)).toBe(true);
}

describe.each(['reprise', '3', '11'])('the bank of seed %s', (seed) => {
  let scratch: Scratch;
  const story = writeAccountStory({ ...accountStoryDefaults, seed, ...dates });

  beforeAll(async () => {
    scratch = await openScratch(inject('databaseUrl'), 'bank');
    await feedCommands(scratch.pool, story.commands);
    for (const account of story.forgotten)
      await inTransaction(scratch.pool, (client) => forget(client, account));
    await projectAll(scratch);
  });
  afterAll(async () => scratch.close());

  it('has the balances that the contract folds from its events, names unread', async () => {
    const { rows } = await scratch.pool.query<StoredEvent>(
      `select event_id as id, account as key, type, version, data from account_events order by position`,
    );
    const { states } = foldByContract(accounts, rows);
    const live = await scratch.pool.query<{ account: string; balance_cents: number; status: string }>(
      'select account, balance_cents, status from account_balances',
    );
    const fields = Object.values(accounts.derivedStates)[0]?.fields ?? {};
    const expected = [...states].map(([account, state]) => ({
      account,
      balance_cents: fields.balance_cents?.expected(state),
      status: fields.status?.expected(state),
    }));
    expect(live.rows).toHaveLength(accountStoryDefaults.accounts);
    expect(new Set(live.rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set(expected.map((row) => JSON.stringify(row))),
    );
  });

  it('keeps a key for every holder but those who were forgotten', async () => {
    const { rows } = await scratch.pool.query<{ account: string }>(
      `select account from account_events as e where subject is not null
       and not exists (select from subject_keys as k where k.subject = e.subject) order by account`,
    );
    expect(rows.map((row) => row.account)).toEqual([...story.forgotten].sort());
  });
});

async function balanceOf({ pool }: Scratch, account: string): Promise<number> {
  const { rows } = await pool.query<{ balance_cents: number }>(
    'select balance_cents from account_balances where account = $1',
    [account],
  );
  return rows[0]?.balance_cents ?? 0;
}

describe('the balances projector', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await openScratch(inject('databaseUrl'), 'bank');
    const opening = { occurredAt: '2026-03-01T00:00:00.000Z', product: null };
    await feedCommands(scratch.pool, [
      { kind: 'open', account: 'ACC-1', holder: 'Ada Abbott', eventId: crypto.randomUUID(), ...opening },
      { kind: 'open', account: 'ACC-2', holder: 'Bruno Berg', eventId: crypto.randomUUID(), ...opening },
    ]);
  });
  afterAll(async () => scratch.close());

  it('misses no event of a transaction that commits after later ones', async () => {
    const late = await scratch.pool.connect();
    await late.query('begin');
    await book(late, deposit('ACC-1', 700, 1));
    await inTransaction(scratch.pool, (client) => book(client, deposit('ACC-2', 50, 2)));
    await inTransaction(scratch.pool, projectNext);
    await late.query('commit');
    late.release();
    await projectAll(scratch);
    const { rows } = await scratch.pool.query(
      'select account, balance_cents from account_balances order by account',
    );
    expect(rows).toEqual([
      { account: 'ACC-1', balance_cents: 700 },
      { account: 'ACC-2', balance_cents: 50 },
    ]);
  });

  it('applies each event once where ids and positions gain a digit within a batch', async () => {
    const before = await balanceOf(scratch, 'ACC-2');
    await inTransaction(scratch.pool, async (client) => {
      for (let n = 0; n < 1200; n += 1) await book(client, deposit('ACC-2', 1, 1000 + n));
    });
    await projectAll(scratch);
    expect(await balanceOf(scratch, 'ACC-2')).toBe(before + 1200);
  });

  it('gives the events of one account positions and transaction ids in one order, whoever waits for whom', async () => {
    await Promise.all(
      Array.from({ length: 24 }, (_, i) => {
        const ids = { eventId: crypto.randomUUID(), occurredAt: '2026-03-24T00:00:00.000Z', amountCents: 1 };
        const command: DatedCommand =
          i % 2 === 0
            ? { kind: 'transfer', from: 'ACC-1', to: 'ACC-2', ...ids }
            : { kind: 'transfer', from: 'ACC-2', to: 'ACC-1', ...ids };
        return inTransaction(scratch.pool, (client) => book(client, command));
      }),
    );
    const { rows } = await scratch.pool.query<{ late: number }>(
      `select count(*)::integer as late from account_events as a join account_events as b
         on b.position > a.position and b.transaction_id < a.transaction_id
       where a.type = 'MoneyTransferred' and b.type = 'MoneyTransferred'`,
    );
    expect(rows).toEqual([{ late: 0 }]);
  });

  it('refuses to overdraw an account', async () => {
    const command: DatedCommand = {
      kind: 'withdraw',
      account: 'ACC-1',
      amountCents: 1e6,
      feeCents: 0,
      eventId: crypto.randomUUID(),
      occurredAt: '2026-03-24T00:00:00.000Z',
    };
    await expect(inTransaction(scratch.pool, (client) => book(client, command))).rejects.toThrow(
      /ACC-1 holds/,
    );
  });
});
