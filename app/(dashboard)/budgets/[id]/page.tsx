import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { BudgetPage } from '@/components/budgets/budget-page.tsx';
import { readBudgetId } from '@/components/vocabulary/budget-words.ts';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const budgetId = readBudgetId((await params).id);
  await fetchOrNotFound(api.budgets.get.queryOptions({ budgetId }));
  return (
    <Hydrated>
      <BudgetPage budgetId={budgetId} />
    </Hydrated>
  );
}
