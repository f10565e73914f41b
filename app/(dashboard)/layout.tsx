import type { ReactNode } from 'react';
import { ApiProvider } from '@/app/_trpc/client.tsx';
import { LiveFeed } from '@/components/shell/live-feed.tsx';
import { Shell } from '@/components/shell/shell.tsx';

export default function DashboardLayout({ children }: { children: ReactNode }) {
  return (
    <ApiProvider>
      <LiveFeed>
        <Shell>{children}</Shell>
      </LiveFeed>
    </ApiProvider>
  );
}
