import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { ReviewList } from '@/components/reviews/review-list.tsx';

export default function Page() {
  prefetch(api.reviews.overview.queryOptions({}));
  return (
    <Hydrated>
      <ReviewList />
    </Hydrated>
  );
}
