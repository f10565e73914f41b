import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query';
import { TRPCClientError } from '@trpc/client';
import { describe, expect, it } from 'vitest';
import { notReadAnew } from './not-read-anew.ts';

const message = 'Reprise failed to answer. Its log says why.';
const outage = new TRPCClientError(message, {
  result: { error: { message, code: -32_603, data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500 } } },
});

/** A page with one question that answers until `failing` holds an error. */
function openPage(initial: { data: string; at: number } | null = { data: 'old', at: 1_000 }) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 30_000 } } });
  const state: { failing: Error | null } = { failing: null };
  const show = (name: string, from: { data: string; at: number } | null) =>
    new QueryObserver(queries, {
      queryKey: [name],
      queryFn: async () => {
        if (state.failing) throw state.failing;
        return 'new';
      },
      ...(from ? { initialData: from.data, initialDataUpdatedAt: from.at, staleTime: 'static' } : {}),
    }).subscribe(() => undefined);
  const leave = show('first', initial);
  const refetch = () =>
    Promise.all(
      queries
        .getQueryCache()
        .getAll()
        .map((query) => query.fetch().catch(() => undefined)),
    );
  const said = () => notReadAnew(queries.getQueryCache().getAll());
  return { queries, state, show, leave, refetch, said };
}

describe('what a page shows', () => {
  it('is said to be old from when it was read, and why, while it cannot be read anew', async () => {
    const { state, refetch, said } = openPage();
    expect(said()).toBeNull();
    state.failing = outage;
    await refetch();
    expect(said()).toEqual({ sinceMs: 1_000, reason: message });
    state.failing = null;
    await refetch();
    expect(said()).toBeNull();
  });

  it('is as old as its oldest part', async () => {
    const { state, show, refetch, said } = openPage({ data: 'old', at: 2_000 });
    show('second', { data: 'older', at: 1_000 });
    state.failing = outage;
    await refetch();
    expect(said()?.sinceMs).toBe(1_000);
  });

  it('is not said to be old where nothing is shown: the page says that itself', async () => {
    const { state, show, refetch, said, leave } = openPage();
    leave();
    show('never answered', null);
    state.failing = outage;
    await refetch();
    expect(said()).toBeNull();
  });

  it('is not old where only the next page of a list could not be read', async () => {
    const { queries, said, leave } = openPage();
    leave();
    const list = new InfiniteQueryObserver(queries, {
      queryKey: ['list'],
      queryFn: async ({ pageParam }) => {
        if (pageParam > 0) throw outage;
        return 'first page';
      },
      initialPageParam: 0,
      getNextPageParam: () => 1,
    });
    list.subscribe(() => undefined);
    await list.refetch();
    await list.fetchNextPage();
    expect(list.getCurrentResult()).toMatchObject({ status: 'error', isFetchNextPageError: true });
    expect(said()).toBeNull();
  });

  it('says that Reprise does not answer where the browser only knows that a request failed', async () => {
    const { state, refetch, said } = openPage();
    state.failing = TRPCClientError.from(new TypeError('Failed to fetch'));
    await refetch();
    expect(said()?.reason).toBe('Reprise does not answer.');
  });
});
