'use client';

import { CSPProvider } from '@base-ui/react/csp-provider';
import { ThemeProvider } from 'next-themes';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import type { ReactNode } from 'react';
import { ClockProvider } from '../ui/clock.tsx';

export type ProvidersProps = {
  nonce: string;
  /** The server's time of this render, in milliseconds. */
  renderedAt: number;
  children: ReactNode;
};

/** What every page needs around it: theme, clock, URL state. */
export function Providers({ nonce, renderedAt, children }: ProvidersProps) {
  return (
    <CSPProvider nonce={nonce}>
      <ThemeProvider
        attribute="class"
        defaultTheme="system"
        enableSystem
        disableTransitionOnChange
        // globals.css says it, which knows that paper is white; this would stand at the element, and win in print.
        enableColorScheme={false}
        nonce={nonce}
      >
        <NuqsAdapter>
          <ClockProvider renderedAt={renderedAt}>{children}</ClockProvider>
        </NuqsAdapter>
      </ThemeProvider>
    </CSPProvider>
  );
}
