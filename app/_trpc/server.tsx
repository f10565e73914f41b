import 'server-only';
import {
  dehydrate,
  type FetchInfiniteQueryOptions,
  type FetchQueryOptions,
  HydrationBoundary,
  type QueryKey,
} from '@tanstack/react-query';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { cache, type ReactNode, Suspense } from 'react';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { appRouter } from '@/server/api/root.ts';
import { pageContext } from './context.ts';
import { createQueryClient } from './query-client.ts';

/** One cache for one request: what a page prefetches is what its components find. */
const queryClientOfRequest = cache(createQueryClient);

/** The procedures, called without HTTP and with the reader's rights. */
export const api = createTRPCOptionsProxy({
  ctx: pageContext,
  router: appRouter,
  queryClient: queryClientOfRequest,
});

/** Starts a query without waiting for it: the page streams, and the answer follows. */
export function prefetch<Answer, Failure, Data, Key extends QueryKey>(
  options: FetchQueryOptions<Answer, Failure, Data, Key>,
): void {
  void queryClientOfRequest().prefetchQuery(options);
}

/** The same for the first page of a list. */
export function prefetchFirstPage<Answer, Failure, Data, Key extends QueryKey, Cursor>(
  options: FetchInfiniteQueryOptions<Answer, Failure, Data, Key, Cursor>,
): void {
  void queryClientOfRequest().prefetchInfiniteQuery(options);
}

/** Hands what was prefetched to the components below, and shows their place until it is there. */
export function Hydrated({ children }: { children: ReactNode }) {
  return (
    <HydrationBoundary state={dehydrate(queryClientOfRequest())}>
      <Suspense
        fallback={
          <>
            <title>Reprise</title>
            <SkeletonRows rows={8} />
          </>
        }
      >
        {children}
      </Suspense>
    </HydrationBoundary>
  );
}
