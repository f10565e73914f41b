import type { ReactNode } from 'react';
import { Mark } from '../ui/mark.tsx';

/** The frame of the pages before the door: one column, nothing else to do. */
export function DoorFrame({ children }: { children: ReactNode }) {
  return (
    <main
      id="main"
      className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-6 px-4 py-10"
    >
      <p className="flex items-center gap-2 text-lg font-semibold">
        <Mark />
        Reprise
      </p>
      {children}
    </main>
  );
}
