import { createLoader, type SearchParams } from 'nuqs/server';
import { api, fetchOrNotFound, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { lagFilters, seriesRange } from '@/components/lag/lag-filters.ts';
import { LagPage } from '@/components/lag/lag-page.tsx';

const readFilters = createLoader(lagFilters);

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ contractId: string; subject: string }>;
  searchParams: Promise<SearchParams>;
}) {
  const asked = await params;
  const contractId = decodeURIComponent(asked.contractId);
  const subject = decodeURIComponent(asked.subject);
  const filter = await readFilters(searchParams);
  await fetchOrNotFound(api.lag.get.queryOptions({ contractId, subject }));
  prefetch(api.lag.series.queryOptions({ contractId, subject, range: seriesRange(filter) }));
  return (
    <Hydrated>
      <LagPage contractId={contractId} subject={subject} />
    </Hydrated>
  );
}
