import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { ApiProvider } from '@/app/_trpc/client.tsx';
import { KnownPeople, pathAsked, whoAsks } from '@/app/_trpc/server.tsx';
import { LiveFeed } from '@/components/shell/live-feed.tsx';
import { Shell } from '@/components/shell/shell.tsx';

/**
 * Sends whoever has not signed in to the door. That is a courtesy: what keeps them out is each procedure's policy.
 * Where nobody can be known, because the database is away, the page says what is down.
 */
export default async function DashboardLayout({ children }: { children: ReactNode }) {
  if ((await whoAsks()) === 'nobody') redirect(`/sign-in?next=${encodeURIComponent(await pathAsked())}`);
  return (
    <ApiProvider>
      <KnownPeople>
        <LiveFeed>
          <Shell>{children}</Shell>
        </LiveFeed>
      </KnownPeople>
    </ApiProvider>
  );
}
