import 'server-only';
import {
  dehydrate,
  type FetchInfiniteQueryOptions,
  type FetchQueryOptions,
  HydrationBoundary,
  type QueryKey,
} from '@tanstack/react-query';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { headers } from 'next/headers';
import { cache, type ReactNode, Suspense } from 'react';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { appRouter } from '@/server/api/root.ts';
import type { Right } from '@/server/domain/access/index.ts';
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

/** Whether somebody has signed in; 'unknown' where that can't be told. */
export async function whoAsks(): Promise<'somebody' | 'nobody' | 'unknown'> {
  try {
    return (await pageContext()).actor === null ? 'nobody' : 'somebody';
  } catch {
    return 'unknown';
  }
}

/** The path and query that this page was asked for with (proxy.ts). */
export async function pathAsked(): Promise<string> {
  return (await headers()).get('x-path-asked') ?? '/';
}

/**
 * Whether the reader holds a right, for what a page asks ahead: a refusal that is foreseen is asked for by nobody.
 * True where it can't be told, so that the question itself says what is down.
 */
export async function holds(right: Right): Promise<boolean> {
  try {
    return (await pageContext()).actor?.rights.includes(right) ?? false;
  } catch {
    return true;
  }
}

/**
 * Hands who is signed in, and the names behind the ids of people, to everything below, the frame of the page
 * included, without a question from the browser.
 */
export async function KnownPeople({ children }: { children: ReactNode }) {
  const queries = queryClientOfRequest();
  await Promise.all([
    queries.prefetchQuery(api.account.me.queryOptions()),
    (await holds('read')) ? queries.prefetchQuery(api.people.names.queryOptions()) : null,
  ]);
  return <HydrationBoundary state={dehydrate(queryClientOfRequest())}>{children}</HydrationBoundary>;
}
