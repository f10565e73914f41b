/** How many letters a filter of the list of evidence may have: on the page, in its address and on the server alike. */
export const filterBounds = {
  search: 200,
  contractId: 200,
  requestedBy: 200,
  approvedBy: 200,
  key: 1000,
} as const;
