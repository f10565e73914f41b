import 'server-only';
import {
  dehydrate,
  type FetchInfiniteQueryOptions,
  type FetchQueryOptions,
  HydrationBoundary,
  type QueryKey,
} from '@tanstack/react-query';
import { TRPCError } from '@trpc/server';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import { cache, type ReactNode, Suspense } from 'react';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { appRouter } from '@/server/api/root.ts';
import type { Right } from '@/server/domain/access/index.ts';
import { dashboard, pageContext } from './context.ts';
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

/**
 * Waits for what the page is about, and answers 404 where there is no such thing: once a page streams, its status is
 * sent. Whatever else goes wrong the page itself says. It is asked beside the cache of the request, of which the frame
 * around the page sends along what is pending: a refusal there would be taken for a breakdown, and logged as one.
 */
export async function fetchOrNotFound<Answer, Failure, Data, Key extends QueryKey>(
  options: FetchQueryOptions<Answer, Failure, Data, Key>,
): Promise<void> {
  if (await fetchIfThere(options)) return;
  const path = (await pathAsked()).slice(0, 200);
  dashboard().log.info({ path }, 'a page was asked for that there is not');
  notFound();
}

/** The same, and leaves to the page what it says of what there is not: then false. */
export async function fetchIfThere<Answer, Failure, Data, Key extends QueryKey>(
  options: FetchQueryOptions<Answer, Failure, Data, Key>,
): Promise<boolean> {
  try {
    await fetchBeside(options);
  } catch (error) {
    if (isMissing(error)) return false;
    prefetch(options);
  }
  return true;
}

/**
 * Waits for what a part of the page draws without suspending: an answer that came between the server's rendering and
 * the browser's would make the two differ. One that could not be had the browser asks for itself.
 */
export async function prefetchWhole<Answer, Failure, Data, Key extends QueryKey>(
  options: FetchQueryOptions<Answer, Failure, Data, Key>,
): Promise<void> {
  try {
    await fetchBeside(options);
  } catch {
    return;
  }
}

async function fetchBeside<Answer, Failure, Data, Key extends QueryKey>(
  options: FetchQueryOptions<Answer, Failure, Data, Key>,
): Promise<void> {
  const answer = await createQueryClient().fetchQuery({ ...options, retry: false });
  const key: QueryKey = options.queryKey;
  queryClientOfRequest().setQueryData<unknown>(key, answer);
}

/** An id that can be none, too. */
const isMissing = (error: unknown): boolean =>
  error instanceof TRPCError && (error.code === 'NOT_FOUND' || error.code === 'BAD_REQUEST');

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
