import type { Decision } from '../../domain/approval/index.ts';
import type { Scalar } from '../../domain/contract/index.ts';
import type { Change, KeyOutcome, PromotionPlan, PromotionStatus } from '../../domain/promotion/index.ts';
import type { Comparison, InvariantResult } from '../../domain/reconciliation/index.ts';
import type { Voided } from './approvals.ts';
import type { Lease } from './replay-store.ts';
import type { Tries } from './result-store.ts';
import type { Transaction } from './unit-of-work.ts';

type Fields = Readonly<Record<string, Scalar>>;

/** How a promotion went in its target, and what was found afterwards. Positions are decimal text. */
export type PromotionOutcome = {
  readonly token: string;
  readonly appliedAt: string | null;
  readonly positions: readonly { readonly partition: number; readonly next: string }[];
  /** For how long the projector's position rows were held, in milliseconds; null where they were not. */
  readonly heldMs: number | null;
  readonly written: number;
  readonly alreadyRight: number;
  readonly changed: number;
  /** Every derived state over the promoted keys, once it was done; null where nothing was looked at again. */
  readonly after: {
    readonly comparisons: readonly Comparison[];
    readonly invariants: readonly InvariantResult[];
  } | null;
};

export type PromotionRow = {
  readonly id: string;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly replayId: string;
  readonly derivedState: string;
  readonly plan: PromotionPlan;
  readonly planText: string;
  readonly planHash: string;
  readonly status: PromotionStatus;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly failureCode: string | null;
  readonly failure: string | null;
  readonly undoes: string | null;
  readonly undoneBy: string | null;
  readonly outcome: PromotionOutcome | null;
  readonly evidenceId: string | null;
  /** A passing fault that it waits out. */
  readonly problem: string | null;
  readonly retryAt: Date | null;
  /** Since when its target can't be asked what it holds, by one fault after the other; null: it can. */
  readonly problemSince: Date | null;
  /** A worker has it in hand at this moment. */
  readonly held: boolean;
};

/** What it waits out. `asked`: its target can be asked all the same what it holds of the promotion. */
export type Problem = { readonly sentence: string; readonly lasting: boolean; readonly asked: boolean };

export type NewPromotion = Pick<
  PromotionRow,
  | 'id'
  | 'contractId'
  | 'contractVersion'
  | 'replayId'
  | 'derivedState'
  | 'planText'
  | 'planHash'
  | 'requestedBy'
  | 'reason'
  | 'undoes'
>;

/** What became of a key. */
export type ChangeOutcome = {
  readonly key: string;
  readonly outcome: KeyOutcome;
  readonly why: string | null;
  readonly before: Fields | null;
  readonly after: Fields | null;
};
export type ChangeRow = Change & {
  readonly magnitude: number;
  /** What the replay found to account for the difference, as a sentence; null where nothing was searched. */
  readonly explanation: string | null;
  readonly result: Omit<ChangeOutcome, 'key'> | null;
};

export type PromotionEnd = {
  readonly status: Extract<PromotionStatus, 'promoted' | 'refused' | 'failed' | 'withdrawn'>;
  readonly failure: { readonly code: string; readonly sentence: string } | null;
  readonly outcome: PromotionOutcome | null;
  readonly evidenceId: string;
};

/** What waits for approval, as an approver meets it in the list. */
export type WaitingPromotion = {
  readonly row: PromotionRow;
  readonly authors: readonly string[];
  readonly decisions: readonly Decision[];
};

/** How many promotions have not ended: that wait for approval, that are approved and have not begun, that a worker has begun. */
export type OpenPromotions = { readonly waiting: number; readonly queued: number; readonly running: number };

/** Promotions as rows. The database refuses what the rules refuse, whoever asks. */
export interface PromotionStore {
  insert(
    tx: Transaction,
    promotion: NewPromotion,
    changes: readonly (Change & { readonly magnitude: number })[],
  ): Promise<void>;
  find(tx: Transaction, id: string): Promise<PromotionRow | null>;
  lock(tx: Transaction, id: string): Promise<PromotionRow | null>;
  /** The one of this plan that waits, runs, or has been promoted and not undone. */
  findByPlan(tx: Transaction, planHash: string): Promise<PromotionRow | null>;
  ofReplay(tx: Transaction, replayId: string): Promise<readonly PromotionRow[]>;
  /** The newest first; those before `before` of the last page. */
  list(
    tx: Transaction,
    filter: {
      readonly contractId?: string | undefined;
      readonly before?: readonly [string, string] | undefined;
    },
    limit: number,
  ): Promise<readonly PromotionRow[]>;
  /** How many have not ended, by how far they are. */
  countOpen(tx: Transaction): Promise<OpenPromotions>;
  waiting(tx: Transaction, limit: number): Promise<readonly WaitingPromotion[]>;
  /** In byte order of the key. */
  changes(tx: Transaction, id: string): Promise<readonly ChangeRow[]>;
  /** How many are kept: fewer than its plan has keys, where some were erased. */
  countChanges(tx: Transaction, id: string): Promise<number>;
  /** The largest first, from behind a key of them. Throws RepriseError input-invalid where the key is none of them. */
  largestChanges(
    tx: Transaction,
    id: string,
    limit: number,
    afterKey?: string,
  ): Promise<readonly ChangeRow[]>;
  /** Whether it may be written as far as approvals go. */
  isApproved(tx: Transaction, id: string): Promise<boolean>;
  setStatus(tx: Transaction, id: string, status: 'awaiting-approval' | 'queued'): Promise<void>;
  /** Takes it for `leaseMs` under a token that never came before. null: it has ended, waits, or somebody else has it. */
  claim(tx: Transaction, id: string, owner: string, leaseMs: number): Promise<Lease | null>;
  /** Prolongs; false where it has passed to another. Locks the row until the transaction ends. */
  hold(tx: Transaction, id: string, lease: Lease, leaseMs: number): Promise<boolean>;
  release(tx: Transaction, id: string, lease: Lease): Promise<void>;
  setProblem(tx: Transaction, id: string, problem: Problem | null): Promise<Tries>;
  noteOutcomes(tx: Transaction, id: string, outcomes: readonly ChangeOutcome[]): Promise<void>;
  end(tx: Transaction, id: string, end: PromotionEnd): Promise<void>;
  markUndone(tx: Transaction, id: string, by: string): Promise<void>;
  /** Approved or running, due, and held by nobody: those that have waited longest. */
  unattended(tx: Transaction): Promise<readonly string[]>;
  /** Takes back every decision about the contract's promotions that wait, and answers what was taken back. */
  voidWaiting(tx: Transaction, contractId: string, why: string): Promise<readonly Voided[]>;
  /** Makes approvals void that have run out before anything was written by them. */
  voidAllExpired(tx: Transaction): Promise<readonly Voided[]>;
}
