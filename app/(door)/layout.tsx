import type { ReactNode } from 'react';
import { ApiProvider } from '@/app/_trpc/client.tsx';
import { DoorFrame } from '@/components/door/door-frame.tsx';

/** Pages for those who have not signed in. */
export default function DoorLayout({ children }: { children: ReactNode }) {
  return (
    <ApiProvider>
      <DoorFrame>{children}</DoorFrame>
    </ApiProvider>
  );
}
