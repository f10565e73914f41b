'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';

/** Begins by hand the review of an incident that has none: one that was over before reviews began by themselves. */
export function BeginReview({ incidentId }: { incidentId: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const whyNot = useWhyNot('respond', 'Beginning a review');
  const begin = useMutation(
    trpc.reviews.begin.mutationOptions({ onSuccess: ({ reviewId }) => router.push(`/reviews/${reviewId}`) }),
  );
  return (
    <>
      <Button disabledReason={whyNot} pending={begin.isPending} onClick={() => begin.mutate({ incidentId })}>
        Begin its review
      </Button>
      <Refused error={begin.error} />
    </>
  );
}
