import type { Decision } from '../../domain/approval/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** Something that waits for approval, as an approver meets it in the list. */
export type Waiting = {
  readonly replayId: string;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly planHash: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly reason: string;
  readonly approvalsNeeded: number;
  readonly authors: readonly string[];
  readonly eventEstimate: string;
  readonly decisions: readonly Decision[];
};

/** What somebody may decide about. */
export type SubjectKind = 'replay' | 'promotion';
/** A decision that does not count any more, and about what it was. */
export type Voided = {
  readonly subjectId: string;
  readonly decisionId: string;
  readonly personId: string;
};

/**
 * Decisions about what waits for approval. The database refuses one that the rules refuse, whoever asks; every
 * expiry is by its clock.
 */
export interface ApprovalStore {
  insert(
    tx: Transaction,
    decision: Pick<Decision, 'id' | 'personId' | 'planHash' | 'verdict' | 'reason'> & {
      readonly kind: SubjectKind;
      readonly subjectId: string;
      readonly contractId: string;
      readonly hours: number;
    },
  ): Promise<void>;
  of(tx: Transaction, subjectId: string, kind?: SubjectKind): Promise<readonly Decision[]>;
  /** The clock that decisions run out by. */
  now(tx: Transaction): Promise<Date>;
  /** Keeps everybody from taking this person's rights until the transaction ends. */
  holdPerson(tx: Transaction, personId: string): Promise<void>;
  /** What waits, the oldest first; at most `limit`. */
  waiting(tx: Transaction, limit: number): Promise<readonly Waiting[]>;
  /** Takes back every decision about the contract's replays that wait, and answers what was taken back. */
  voidWaiting(tx: Transaction, contractId: string, why: string): Promise<readonly Voided[]>;
  /** Makes approvals void that have run out before anything ran by them. */
  voidAllExpired(tx: Transaction): Promise<readonly Voided[]>;
  /** Makes way for another decision of somebody whose last one ran out. */
  voidExpired(
    tx: Transaction,
    subjectId: string,
    personId: string,
    kind?: SubjectKind,
  ): Promise<readonly Voided[]>;
  /** Whether the replay may run as far as approvals go. */
  isApproved(tx: Transaction, replayId: string): Promise<boolean>;
  /** Replays that were approved and whose approvals do not count any more before a worker took them: they wait again. */
  takeBack(tx: Transaction): Promise<readonly string[]>;
}
