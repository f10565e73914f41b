import { describe, expect, it } from 'vitest';
import { stockContract } from '../test-kit/stock-contract.ts';
import { budgetsOf } from './budgets.ts';
import { checkContract } from './validate.ts';

const problemsOf = (change: Record<string, unknown>) =>
  checkContract({ ...stockContract, ...change }).problems ?? [];

describe('what a contract says of its budgets', () => {
  it('is the four of the field where it says nothing', () => {
    const { timeZone, lag, duplicates, losses, compensations } = budgetsOf();
    expect(timeZone).toBe('UTC');
    expect(lag).toMatchObject({ overMs: 60_000, allowedMs: 300_000, window: { kind: 'calendar-month' } });
    expect(duplicates).toMatchObject({ share: 0.0001, onBreach: { incident: 'P3' } });
    expect(losses).toMatchObject({ onBreach: { incident: 'P1' } });
    expect(compensations).toMatchObject({ share: 0.001 });
  });

  it('takes a window for all of them, and another for one', () => {
    const { lag, losses } = budgetsOf({ window: { days: 28 }, losses: { window: 'month' } });
    expect(lag?.window).toEqual({ kind: 'rolling', days: 28 });
    expect(losses?.window).toEqual({ kind: 'calendar-month' });
  });

  it('leaves out a budget that is none, and the incident of one that opens none', () => {
    const { lag, duplicates } = budgetsOf({ lag: false, duplicates: { onBreach: { incident: null } } });
    expect(lag).toBeNull();
    expect(duplicates?.onBreach.incident).toBeNull();
  });

  it('is the usual one for a bundle that was stored before there were budgets', () => {
    const { budgets: _, sent: __, saga: ___, ...old } = stockContract;
    const { contract } = checkContract(old);
    expect(contract?.budgets).toEqual(budgetsOf());
    expect(contract?.sent).toBeNull();
    expect(contract?.saga).toBeNull();
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    [
      'an unknown time zone',
      { budgets: budgetsOf({ timeZone: 'Mars/Olympus' }) },
      'budgets.timeZone',
      /no time zone/,
    ],
    [
      'no lag at all',
      { budgets: budgetsOf({ lag: { allowedMs: 0 } }) },
      'budgets.lag.allowedMs',
      /more than 0/,
    ],
    [
      'more than all',
      { budgets: budgetsOf({ duplicates: { share: 2 } }) },
      'budgets.duplicates.share',
      /more than 1/,
    ],
    [
      'a window of no days',
      { budgets: budgetsOf({ window: { days: 0 } }) },
      'budgets.lag.window.days',
      /at least 1 day/,
    ],
    [
      'an outbox with a strange column',
      { sent: { connection: 'shop', table: 'outbox', id: 'event id', at: 'at', position: 'publication' } },
      'sent.id',
      /not a table or column name/,
    ],
    [
      'a saga of events that there are not',
      {
        saga: {
          title: 'Orders',
          steps: [{ step: 'order', done: 'Nope', compensated: null, compensationFailed: null }],
          completed: ['Never'],
          cancelled: [],
          limitMs: 1,
        },
      },
      'saga',
      /Nope is no event type/,
    ],
  ])('names %s with its field', (_, change, field, sentence) => {
    const found = problemsOf(change);
    expect(found.map((each) => each.field)).toContain(field);
    expect(found.find((each) => each.field === field)?.sentence).toMatch(sentence);
  });
});
