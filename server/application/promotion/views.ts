/** What pages read of promotions. Positions are decimal text, instants ISO 8601. */
import type { Standing } from '../../domain/approval/index.ts';
import type { PromotionPlan, PromotionStatus } from '../../domain/promotion/index.ts';
import type { ChangeRow, PromotionOutcome } from '../ports/promotions.ts';
import type { ApprovalView, ErasureView } from '../views.ts';

export type PromotionSummary = {
  readonly id: string;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly replayId: string;
  readonly derivedState: string;
  readonly keys: number;
  readonly fields: number;
  readonly status: PromotionStatus;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly reason: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly failure: { readonly code: string; readonly sentence: string } | null;
  readonly undoes: string | null;
  readonly undoneBy: string | null;
  readonly written: number | null;
  readonly alreadyRight: number | null;
  readonly changed: number | null;
  readonly evidenceId: string | null;
  /** A passing fault that it waits out; null while all is well. */
  readonly problem: { readonly sentence: string; readonly retryAt: string | null } | null;
};

export type PromotionDetail = PromotionSummary & {
  readonly plan: PromotionPlan;
  readonly planHash: string;
  readonly outcome: PromotionOutcome | null;
  readonly approval: ApprovalView;
  /** Of its replay and of what stands on that, the newest first. */
  readonly erasures: readonly ErasureView[];
  /** Rows of its own are among what is gone. */
  readonly rowsErased: boolean;
  /** Whether this reader can record that nobody could ask the target; null: it does not fail at anything. */
  readonly unknown: { readonly since: string; readonly whyNot: string | null } | null;
};

/** One key of a promotion: what was approved, and what became of it. */
export type PromotionChangeView = ChangeRow;

/** One in the list of what waits. */
export type WaitingPromotionView = PromotionSummary & {
  readonly standing: Standing;
  readonly whyNot: string | null;
};
