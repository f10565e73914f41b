import { describe, expect, it } from 'vitest';
import { accountStoryDefaults, writeAccountStory } from './account-story.ts';

const parameters = {
  ...accountStoryDefaults,
  startsAt: new Date('2026-03-02T06:00:00Z'),
  endsAt: new Date('2026-03-23T18:00:00Z'),
};

describe('the account story', () => {
  it.each(['reprise', '1', '2'])('never overdraws, and books only on open accounts (seed %s)', (seed) => {
    const { commands } = writeAccountStory({ ...parameters, seed });
    const balances = new Map<string, number>();
    const add = (account: string, cents: number) => {
      const before = balances.get(account);
      expect(before).toBeDefined();
      balances.set(account, (before ?? 0) + cents);
      expect((before ?? 0) + cents).toBeGreaterThanOrEqual(0);
    };
    for (const command of commands) {
      if (command.kind === 'open') balances.set(command.account, 0);
      else if (command.kind === 'deposit') add(command.account, command.amountCents);
      else if (command.kind === 'withdraw')
        add(command.account, -command.amountCents - (command.feeCents ?? 0));
      else {
        add(command.from, -command.amountCents);
        add(command.to, command.amountCents);
      }
    }
    expect(commands).toHaveLength(parameters.events);
    expect(balances.size).toBe(parameters.accounts);
  });

  it('is the same for the same parameters', () => {
    expect(writeAccountStory(parameters)).toEqual(writeAccountStory(parameters));
  });

  it('forgets as many holders as asked for, each with an account', () => {
    const { commands, forgotten } = writeAccountStory(parameters);
    const opened = commands.flatMap((command) => (command.kind === 'open' ? [command.account] : []));
    expect(forgotten).toHaveLength(parameters.forgotten);
    expect(forgotten.every((account) => opened.includes(account))).toBe(true);
  });

  it('writes both versions of openings and of withdrawals', () => {
    const { commands } = writeAccountStory(parameters);
    const products = commands.flatMap((c) => (c.kind === 'open' ? [c.product === null] : []));
    const fees = commands.flatMap((c) => (c.kind === 'withdraw' ? [c.feeCents === null] : []));
    expect(new Set(products)).toEqual(new Set([true, false]));
    expect(new Set(fees)).toEqual(new Set([true, false]));
  });
});
