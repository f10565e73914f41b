import type { BudgetSummary } from '@/server/application/budget/views.ts';

/** Of one contract; '' is of all. */
export const ofContract = <B extends Pick<BudgetSummary, 'contractId'>>(
  budgets: readonly B[],
  contractId: string,
): readonly B[] => (contractId === '' ? budgets : budgets.filter((each) => each.contractId === contractId));

/** What can be chosen; one that the address names and that has no budget is named too. */
export function contractsOf(
  budgets: readonly Pick<BudgetSummary, 'contractId' | 'contractTitle'>[],
  chosen: string,
): { readonly value: string; readonly label: string }[] {
  const titles = new Map(budgets.map(({ contractId, contractTitle }) => [contractId, contractTitle]));
  const known = [...titles]
    .map(([value, label]) => ({ value, label }))
    .toSorted((one, other) => one.label.localeCompare(other.label, 'en'));
  const isUnknown = chosen !== '' && !titles.has(chosen);
  return [
    { value: '', label: 'every contract' },
    ...known,
    ...(isUnknown ? [{ value: chosen, label: chosen }] : []),
  ];
}
