export const erasureKinds = ['policy', 'subject', 'by-hand'] as const;
export type ErasureKind = (typeof erasureKinds)[number];

/** What is counted, in the order in which it is said. */
export const erasedParts = [
  'states',
  'discrepancies',
  'findings',
  'traces',
  'seenBlocks',
  'promotionRows',
  'attachments',
  'words',
  'planKeys',
  'previewedPlans',
  'savedViews',
  'sagas',
  'deadLetters',
] as const;
export type ErasedPart = (typeof erasedParts)[number];
export type ErasedCounts = Readonly<Partial<Record<ErasedPart, number>>>;

/** What each is called, after its number. */
export const partNames: Readonly<Record<ErasedPart, string>> = {
  states: 'replayed states of keys',
  discrepancies: 'differences',
  findings: 'findings',
  traces: 'histories of keys',
  seenBlocks: 'blocks of seen ids',
  promotionRows: 'rows of promotions',
  attachments: 'attachments of records',
  words: 'texts',
  planKeys: 'keys of plans',
  previewedPlans: 'plans that were shown',
  savedViews: 'saved views',
  deadLetters: 'texts of dead letters',
  sagas: 'rows of sagas',
};

/** Without those rows nothing can go on from a replay: what is left is not what its digests are of. */
const rowsOfReplay: readonly ErasedPart[] = [
  'states',
  'discrepancies',
  'seenBlocks',
  'promotionRows',
  'planKeys',
];

export function makesUnusable(kind: ErasureKind, counts: ErasedCounts): boolean {
  return kind === 'policy' || rowsOfReplay.some((part) => (counts[part] ?? 0) > 0);
}

export function sumOfCounts(all: readonly ErasedCounts[]): ErasedCounts {
  const sums = erasedParts.map(
    (part) => [part, all.reduce((sum, each) => sum + (each[part] ?? 0), 0)] as const,
  );
  return Object.fromEntries(sums.filter(([, count]) => count > 0));
}

/** By what an erasure was made, as it is said everywhere. */
export function erasedBy({
  kind,
  olderThanDays,
}: {
  readonly kind: ErasureKind;
  readonly olderThanDays: number | null;
}): string {
  if (kind === 'by-hand') return 'by hand';
  return kind === 'policy' ? `by policy of ${olderThanDays ?? '?'} days` : 'by subject';
}
