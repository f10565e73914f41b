import { api, Hydrated, holds, prefetch } from '@/app/_trpc/server.tsx';
import { PermissionsPage } from '@/components/account/permissions-page.tsx';

export default async function Page() {
  if (await holds('account')) prefetch(api.account.permissions.queryOptions());
  return (
    <Hydrated>
      <PermissionsPage />
    </Hydrated>
  );
}
