/** Pages by keyset: the next one begins where this one says. The same for the page that prefetches and the list that reads. */
export const nextPage = { getNextPageParam: (page: { next: string | null }) => page.next ?? undefined };
