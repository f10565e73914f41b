import { api, fetchOrNotFound, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { letterPages } from '@/components/dead-letters/letter-filters.ts';
import { RedrivePage } from '@/components/dead-letters/redrive-page.tsx';

export default async function Page({ params }: { params: Promise<{ redriveId: string }> }) {
  const { redriveId } = await params;
  await fetchOrNotFound(api.deadLetters.redrive.queryOptions({ redriveId }));
  prefetch(api.deadLetters.edit.queryOptions({ redriveId }));
  prefetchFirstPage(api.deadLetters.lettersOf.infiniteQueryOptions({ redriveId }, letterPages));
  return (
    <Hydrated>
      <RedrivePage redriveId={redriveId} />
    </Hydrated>
  );
}
