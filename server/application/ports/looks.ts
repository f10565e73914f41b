import type { Seen } from '../../domain/approval/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** What waits for approval, and can be looked at. */
export type LookSubject = { readonly kind: 'replay' | 'promotion'; readonly id: string };

export type Look = { readonly at: string; readonly what: Seen };

/** When people looked at what waits, and what they had before them. Every instant is by the database's clock. */
export interface LookStore {
  /** The last look; `before` is what a page compares with: during a visit what was seen at the end of the one before. */
  find(
    tx: Transaction,
    subject: LookSubject,
    personId: string,
    visitMinutes: number,
  ): Promise<{ readonly last: Look; readonly before: Look | null; readonly isVisiting: boolean } | null>;
  /** The last look of one person at each subject. */
  lastOf(
    tx: Transaction,
    kind: LookSubject['kind'],
    ids: readonly string[],
    personId: string,
  ): Promise<ReadonlyMap<string, Look>>;
  keep(
    tx: Transaction,
    subject: LookSubject,
    personId: string,
    seen: Seen,
    visitMinutes: number,
  ): Promise<void>;
  /** The newest record of evidence of each contract. */
  newestEvidence(tx: Transaction, contractIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The newest version of each contract. */
  newestVersions(tx: Transaction, contractIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}
