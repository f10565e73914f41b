import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { PermissionsPage } from '@/components/account/permissions-page.tsx';

export default function Page() {
  prefetch(api.account.permissions.queryOptions());
  return (
    <Hydrated>
      <PermissionsPage />
    </Hydrated>
  );
}
