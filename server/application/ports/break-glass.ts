import type { SubjectKind } from './approvals.ts';
import type { Transaction } from './unit-of-work.ts';

/** What two people have let run without its approvals, or one of them wants to. Times are ISO 8601. */
export type Glass = {
  readonly id: string;
  readonly subjectKind: SubjectKind;
  readonly subjectId: string;
  readonly contractId: string;
  readonly planHash: string;
  /** Who asked for what it lets run; null: not known any more. */
  readonly requestedBy: string | null;
  readonly firstBy: string;
  readonly firstReason: string;
  readonly firstAt: string;
  /** A second person has until then. */
  readonly expiresAt: string;
  readonly second: { readonly by: string; readonly reason: string; readonly at: string } | null;
  /** Who has closed the review, with what they came to. */
  readonly review: { readonly by: string; readonly conclusion: string; readonly at: string } | null;
  /** When what it let run was taken back, before it had begun: since then it lets nothing run. */
  readonly lapsedAt: string | null;
};

export type GlassRecord = {
  readonly id: string;
  readonly digest: string;
  readonly incidents: readonly string[];
  readonly incidentsOpen: number;
};

/**
 * The database refuses one person alone, a subject that does not wait, and a review by one of the two
 * or by who requested it.
 */
export interface GlassStore {
  insert(
    tx: Transaction,
    glass: Pick<
      Glass,
      'id' | 'subjectKind' | 'subjectId' | 'contractId' | 'planHash' | 'firstBy' | 'firstReason'
    >,
  ): Promise<void>;
  /** Of this plan: the one that was broken, or the latest that waits for a second person; null: neither, or it lapsed. */
  of(tx: Transaction, kind: SubjectKind, subjectId: string, planHash: string): Promise<Glass | null>;
  lock(tx: Transaction, id: string): Promise<Glass | null>;
  confirm(tx: Transaction, id: string, by: string, reason: string): Promise<void>;
  close(tx: Transaction, id: string, by: string, conclusion: string): Promise<void>;
  /** Of a contract, the gravest first: at most `limit` ids, and how many there are. */
  openIncidents(
    tx: Transaction,
    contractId: string,
    limit: number,
  ): Promise<{ readonly ids: readonly string[]; readonly count: number }>;
  /** The record that it was broken; null: that was before such records were made. */
  recordOf(tx: Transaction, id: string, replayId: string): Promise<GlassRecord | null>;
  /** Broken and not reviewed yet, the oldest first; also what lapsed. */
  openReviews(tx: Transaction, limit: number): Promise<readonly Glass[]>;
}
