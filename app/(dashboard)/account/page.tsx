import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { AccountPage } from '@/components/account/account-page.tsx';

export default function Page() {
  prefetch(api.account.sessions.queryOptions());
  prefetch(api.account.tokens.queryOptions());
  prefetch(api.account.permissions.queryOptions());
  return (
    <Hydrated>
      <AccountPage />
    </Hydrated>
  );
}
