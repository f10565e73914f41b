import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { OverviewPage } from '@/components/overview/overview-page.tsx';

export default function Page() {
  prefetch(api.overview.get.queryOptions());
  return (
    <Hydrated>
      <OverviewPage />
    </Hydrated>
  );
}
