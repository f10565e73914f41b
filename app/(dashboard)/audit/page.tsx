import { createLoader, type SearchParams } from 'nuqs/server';
import { api, Hydrated, holds, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { auditFilters, auditListInput, nextPage } from '@/components/audit/audit-filters.ts';
import { AuditPage } from '@/components/audit/audit-page.tsx';

const readFilters = createLoader(auditFilters);

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filter = await readFilters(searchParams);
  if (await holds('audit')) {
    prefetch(api.audit.actions.queryOptions());
    prefetchFirstPage(api.audit.list.infiniteQueryOptions(auditListInput(filter), nextPage));
  }
  return (
    <Hydrated>
      <AuditPage />
    </Hydrated>
  );
}
