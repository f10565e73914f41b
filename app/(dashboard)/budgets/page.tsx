import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { BudgetsPage } from '@/components/budgets/budgets-page.tsx';

export default function Page() {
  prefetch(api.budgets.list.queryOptions());
  return (
    <Hydrated>
      <BudgetsPage />
    </Hydrated>
  );
}
