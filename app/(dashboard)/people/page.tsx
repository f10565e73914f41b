import { api, Hydrated, holds, prefetch } from '@/app/_trpc/server.tsx';
import { PeoplePage } from '@/components/people/people-page.tsx';

export default async function Page() {
  if (await holds('people')) {
    prefetch(api.people.list.queryOptions());
    prefetch(api.notices.channels.queryOptions());
  }
  return (
    <Hydrated>
      <PeoplePage />
    </Hydrated>
  );
}
