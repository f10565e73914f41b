import { notFound } from 'next/navigation';
import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { ComparePage } from '@/components/replays/compare-page.tsx';

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<{ before?: string | string[]; after?: string | string[] }>;
}) {
  const { before, after } = await searchParams;
  if (typeof before !== 'string' || typeof after !== 'string') notFound();
  prefetch(api.replays.compare.queryOptions({ before, after }));
  return (
    <Hydrated>
      <ComparePage before={before} after={after} />
    </Hydrated>
  );
}
