/** The pages of a list, as the server and the browser both ask for them. */
export const promotionPages = {
  getNextPageParam: (page: { readonly next: string | null }) => page.next ?? undefined,
};
