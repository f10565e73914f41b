import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { SignInPage } from '@/components/door/sign-in-page.tsx';

export default function Page() {
  prefetch(api.account.me.queryOptions());
  prefetch(api.account.demo.queryOptions());
  prefetch(api.account.doors.queryOptions());
  return (
    <Hydrated>
      <SignInPage />
    </Hydrated>
  );
}
