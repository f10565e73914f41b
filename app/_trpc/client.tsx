'use client';

import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createTRPCClient, TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { type ReactNode, useState } from 'react';
import type { AppRouter } from '@/server/api/root.ts';
import { httpLinks } from './links.ts';
import { createQueryClient } from './query-client.ts';

const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();

export { useTRPC };

let browserQueryClient: QueryClient | undefined;

function queryClientHere(): QueryClient {
  if (typeof window === 'undefined') return createQueryClient();
  browserQueryClient ??= createQueryClient();
  return browserQueryClient;
}

/**
 * While a page is rendered on the server its queries come from the prefetch, which carries the reader's rights.
 * One that was not prefetched is left to the browser: asking over HTTP from here would ask without them.
 */
const browserOnly: TRPCLink<AppRouter> = () => (op) =>
  observable((observer) => {
    observer.error(
      new TRPCClientError(`${op.op.path} was not prefetched by its page, so the browser asks for it`),
    );
  });

function linksHere(): TRPCLink<AppRouter>[] {
  return typeof window === 'undefined' ? [browserOnly] : httpLinks();
}

/** The one client of the browser. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const queryClient = queryClientHere();
  const [trpcClient] = useState(() => createTRPCClient<AppRouter>({ links: linksHere() }));
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
