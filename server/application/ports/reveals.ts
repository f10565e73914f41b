import type { Right } from '../../domain/access/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** Whoever looks at values. */
export type Viewer = { readonly id: string; readonly rights: readonly Right[] };

/** Who has revealed the hidden values of which contract to themselves, for how long. By the database's clock. */
export interface RevealStore {
  /** Until when, ISO 8601; null: they are hidden. */
  until(tx: Transaction, personId: string, contractId: string): Promise<string | null>;
  /** Answers until when. */
  reveal(tx: Transaction, personId: string, contractId: string, minutes: number): Promise<string>;
}
