import { api, Hydrated, holds, prefetch } from '@/app/_trpc/server.tsx';
import { AccountPage } from '@/components/account/account-page.tsx';

export default async function Page() {
  if (await holds('account')) {
    prefetch(api.account.passkeys.queryOptions());
    prefetch(api.account.doors.queryOptions());
    prefetch(api.account.secondFactor.queryOptions());
    prefetch(api.account.sessions.queryOptions());
    prefetch(api.account.noticesByEmail.queryOptions());
    prefetch(api.account.tokens.queryOptions());
    prefetch(api.account.permissions.queryOptions());
  }
  return (
    <Hydrated>
      <AccountPage />
    </Hydrated>
  );
}
