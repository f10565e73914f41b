export const runListInput = { limit: 50 };

export const nextPage = {
  getNextPageParam: (page: { readonly next: string | null }) => page.next ?? undefined,
};
