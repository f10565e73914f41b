import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { ReviewPage } from '@/components/reviews/review-page.tsx';

export default async function Page({ params }: { params: Promise<{ reviewId: string }> }) {
  const { reviewId } = await params;
  await fetchOrNotFound(api.reviews.get.queryOptions({ reviewId }));
  return (
    <Hydrated>
      <ReviewPage reviewId={reviewId} />
    </Hydrated>
  );
}
