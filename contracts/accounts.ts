/**
 * Accounts: the balance of each account, from an event table in PostgreSQL.
 *
 * Its events touch one account or two (a transfer), holders' names are encrypted per subject, and a holder can be
 * forgotten: the balance never reads a name, so it stays provable afterwards. Copy it for an event table of yours.
 */
import { z } from 'zod';
import {
  defineContract,
  event,
  fromColumn,
  fromKey,
  postgresHistory,
  postgresState,
  transactionCursor,
} from '../server/domain/contract/define.ts';

/** In cents. What came in and what went out are kept apart, so that the whole can be checked. */
type Account = {
  readonly isOpen: boolean;
  readonly balance: number;
  readonly deposited: number;
  readonly withdrawn: number;
};

const cents = z.number().int().positive();
/** Decrypted when it is read; null once its subject has been forgotten. */
const name = z.string().nullable();

export default defineContract({
  id: 'accounts',
  title: 'Accounts',
  description: 'Balances from deposits, withdrawals and transfers, with holders that can be forgotten.',
  authors: ['bank-team'],

  // H: rows are read in (transaction_id, position) order, and only once their transaction is final.
  history: postgresHistory({
    connection: 'bank',
    table: 'account_events',
    position: 'position',
    transactionId: 'transaction_id',
    key: 'account',
    occurredAt: 'occurred_at',
  }),

  // O: a transfer touches two accounts, so there is one total order.
  ordering: { key: fromKey(), partitioner: 'single' },

  // I: event_id.
  envelope: {
    id: fromColumn('event_id'),
    type: fromColumn('type'),
    version: fromColumn('version'),
    data: fromColumn('data'),
    occurredAt: fromColumn('occurred_at'),
  },

  events: {
    AccountOpened: event(1, z.object({ holder: name })).next(
      2,
      z.object({ holder: name, product: z.enum(['current', 'savings']) }),
      (v1) => ({ ...v1, product: 'current' as const }),
    ),
    MoneyDeposited: event(1, z.object({ amountCents: cents })),
    MoneyWithdrawn: event(1, z.object({ amountCents: cents }))
      // Until version 2 withdrawing was free.
      .next(2, z.object({ amountCents: cents, feeCents: z.number().int().nonnegative() }), (v1) => ({
        ...v1,
        feeCents: 0,
      })),
    MoneyTransferred: event(1, z.object({ from: z.string(), to: z.string(), amountCents: cents })),
  },

  // F
  projection: {
    route: (e) => (e.type === 'MoneyTransferred' ? [e.data.from, e.data.to] : [e.key]),
    initial: (): Account => ({ isOpen: false, balance: 0, deposited: 0, withdrawn: 0 }),
    apply: (account, { type, key, data }): Account => {
      switch (type) {
        case 'AccountOpened':
          return { ...account, isOpen: true };
        case 'MoneyDeposited':
          return {
            ...account,
            balance: account.balance + data.amountCents,
            deposited: account.deposited + data.amountCents,
          };
        case 'MoneyWithdrawn': {
          const taken = data.amountCents + data.feeCents;
          return { ...account, balance: account.balance - taken, withdrawn: account.withdrawn + taken };
        }
        case 'MoneyTransferred': {
          const change =
            (key === data.to ? data.amountCents : 0) - (key === data.from ? data.amountCents : 0);
          return { ...account, balance: account.balance + change };
        }
      }
    },
  },

  derivedStates: {
    balances: postgresState<Account>({
      title: 'Balances',
      connection: 'bank',
      table: 'account_balances',
      key: 'account',
      fields: {
        // What somebody has is theirs: hidden, until who needs to see it says why.
        balance_cents: { column: 'balance_cents', expected: (account) => account.balance },
        status: {
          column: 'status',
          expected: (account) => (account.isOpen ? 'open' : 'unknown'),
          shown: true,
        },
      },
      position: transactionCursor({ table: 'applied_cursor', where: { projector: 'balances' } }),
    }),
  },

  // Q
  invariants: {
    balance_non_negative: { over: 'key', holds: (account) => account.balance >= 0 },
    every_account_was_opened: { over: 'key', holds: (account) => account.isOpen },
    money_is_conserved: {
      over: 'whole',
      start: () => 0,
      // A transfer moves money and makes none: what came in and did not go out is in the balances.
      add: (sum, account) => sum + account.balance - account.deposited + account.withdrawn,
      holds: (sum) => sum === 0,
    },
    live_balances_non_negative: {
      over: 'sql',
      connection: 'bank',
      query: 'select account, balance_cents from account_balances where balance_cents < 0',
    },
  },

  // Holders' names: one key a subject, in a table of its own. Without the key a name reads as null.
  erasure: {
    subject: fromColumn('subject'),
    fields: ['holder'],
    keys: { connection: 'bank', table: 'subject_keys', subject: 'subject', key: 'key' },
  },

  // One total order is folded serially, so a scope by partitions means nothing here.
  scope: { allow: ['all', 'offsets', 'time', 'keys'], maxEvents: 10_000_000 },
  approvals: { promotion: 1 },
});
