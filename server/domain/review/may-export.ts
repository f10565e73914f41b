import type { Right } from '../access/index.ts';

/** Who may take one away as a file: who writes reviews, who signs them, and who reads what they stand on. */
export const mayExport = (held: readonly Right[]): boolean =>
  (['respond', 'sign-review', 'evidence'] as const).some((right) => held.includes(right));
