'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ErrorState } from '@/components/ui/states.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { budgetHref, budgetName, stateTone, stateWord } from '@/components/vocabulary/budget-words.ts';

/** Where the failure budgets of a contract stand, a word each. */
export function ContractBudgets({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const budgets = useQuery(trpc.budgets.list.queryOptions());
  const own = budgets.data?.filter((each) => each.contractId === contractId) ?? [];
  // What could not be read is not known to be none.
  if (!budgets.isLoadingError && own.length === 0) return null;
  return (
    <Section
      title="Failure budgets"
      aside={
        <TextLink href="/budgets" className="text-sm">
          All budgets
        </TextLink>
      }
    >
      {budgets.isLoadingError ? (
        <ErrorState
          title="Its failure budgets could not be read."
          whatToDo="The rest of the page stands. Try again, or look at the log."
          detail={budgets.error.message}
          onRetry={() => budgets.refetch()}
        />
      ) : (
        <ul className="flex flex-wrap gap-x-6 gap-y-2 text-sm">
          {own.map((budget) => (
            <li key={budget.id} className="flex items-center gap-2">
              <TextLink quiet href={budgetHref(budget)}>
                {budgetName(budget)}
              </TextLink>
              <Verdict tone={stateTone(budget)}>{stateWord(budget)}</Verdict>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
