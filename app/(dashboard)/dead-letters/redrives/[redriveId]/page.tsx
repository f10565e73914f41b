import { api, fetchOrNotFound, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { RedrivePage } from '@/components/dead-letters/redrive-page.tsx';

export default async function Page({ params }: { params: Promise<{ redriveId: string }> }) {
  const { redriveId } = await params;
  await fetchOrNotFound(api.deadLetters.redrive.queryOptions({ redriveId }));
  prefetch(api.deadLetters.edit.queryOptions({ redriveId }));
  return (
    <Hydrated>
      <RedrivePage redriveId={redriveId} />
    </Hydrated>
  );
}
