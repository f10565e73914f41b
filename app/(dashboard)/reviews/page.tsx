import { api, Hydrated, prefetch, prefetchFirstPage } from '@/app/_trpc/server.tsx';
import { nextPage } from '@/components/reviews/next-page.ts';
import { ReviewList } from '@/components/reviews/review-list.tsx';

export default function Page() {
  prefetch(api.reviews.overview.queryOptions());
  prefetchFirstPage(api.reviews.list.infiniteQueryOptions({}, nextPage));
  return (
    <Hydrated>
      <ReviewList />
    </Hydrated>
  );
}
