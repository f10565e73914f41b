import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { ApprovalsPage } from '@/components/approvals/approvals-page.tsx';
import { WaitingRedrives } from '@/components/dead-letters/waiting-redrives.tsx';
import { WaitingPromotions } from '@/components/promotions/waiting-promotions.tsx';
import { WaitingSteps } from '@/components/runs/waiting-steps.tsx';

export default function Page() {
  prefetch(api.approvals.waiting.queryOptions());
  prefetch(api.promotions.waiting.queryOptions());
  prefetch(api.runs.waiting.queryOptions());
  prefetch(api.deadLetters.waiting.queryOptions());
  prefetch(api.breakGlass.reviews.queryOptions());
  return (
    <Hydrated>
      <ApprovalsPage
        promotions={<WaitingPromotions />}
        steps={<WaitingSteps />}
        redrives={<WaitingRedrives />}
      />
    </Hydrated>
  );
}
