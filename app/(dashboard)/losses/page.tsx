import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { LossesPage } from '@/components/losses/losses-page.tsx';

export default function Page() {
  prefetch(api.deliveries.list.queryOptions());
  return (
    <Hydrated>
      <LossesPage />
    </Hydrated>
  );
}
