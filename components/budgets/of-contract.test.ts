import { describe, expect, it } from 'vitest';
import { contractsOf, ofContract } from './of-contract.ts';

const budgets = [
  { id: '1', contractId: 'inventory', contractTitle: 'Inventory' },
  { id: '2', contractId: 'accounts', contractTitle: 'Accounts' },
  { id: '3', contractId: 'inventory', contractTitle: 'Inventory' },
];

describe('the budgets of a contract', () => {
  it('are all where none is chosen', () => {
    expect(ofContract(budgets, '')).toEqual(budgets);
  });
  it('are its own, in the order that they had', () => {
    expect(ofContract(budgets, 'inventory').map(({ id }) => id)).toEqual(['1', '3']);
    expect(ofContract(budgets, 'gone')).toEqual([]);
  });
  it('can be chosen of each contract once, by its title', () => {
    expect(contractsOf(budgets, '').map(({ value, label }) => [value, label])).toEqual([
      ['', 'every contract'],
      ['accounts', 'Accounts'],
      ['inventory', 'Inventory'],
    ]);
  });
  it('name a contract that has none, so that the address is not passed over', () => {
    expect(contractsOf(budgets, 'gone').at(-1)).toEqual({ value: 'gone', label: 'gone' });
  });
});
