'use client';

import { useTheme } from 'next-themes';
import { Toaster as Sonner } from 'sonner';

/** Short notices of what was just done. What went wrong stays on the page as well; a notice passes. */
export default function Toaster() {
  const { resolvedTheme } = useTheme();
  return (
    <Sonner
      theme={resolvedTheme === 'dark' ? 'dark' : 'light'}
      position="bottom-right"
      style={{ fontFamily: 'inherit' }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-(--width) items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2.5 text-sm text-ink shadow-popup',
          description: 'text-muted',
          actionButton: 'ml-auto rounded-sm px-2 py-1 font-medium text-accent hover:bg-hover',
        },
      }}
    />
  );
}
