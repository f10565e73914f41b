import type { Oddity, SagaState } from '../../domain/saga/index.ts';

/** How it stands with the sagas of one contract. */
export type SagaSummary = {
  readonly contractId: string;
  /** What one run is called, such as `An order`. */
  readonly title: string;
  readonly limitMs: number;
  readonly steps: readonly string[];
  readonly counts: Readonly<Record<SagaState, number>>;
  /** Those of which an event said what the steps do not allow. */
  readonly odd: number;
  readonly oldestStuckAt: string | null;
  /** When the history was last followed to its end; null: not yet. */
  readonly followedAt: string | null;
  /** It has not been followed to its end for two minutes: what has been open for too long is not called stuck. */
  readonly stale: boolean;
  /** Why it can't be followed; null: it can. */
  readonly problem: string | null;
  /** Records that were gone before they were followed, and those that could not be read; decimal text. */
  readonly missed: string;
  readonly unread: string;
  /** Ranges [from, to) that are gone, the newest first, and how many there are of them. */
  readonly gaps: readonly SagaGapView[];
  readonly gapCount: number;
};

export type SagaGapView = {
  readonly partition: number;
  /** `expired`: gone before it was followed; `truncated`: followed, and no longer in the log. */
  readonly kind: 'expired' | 'truncated';
  readonly from: string;
  readonly to: string;
  readonly foundAt: string;
};

export type SagaRow = {
  readonly contractId: string;
  readonly key: string;
  readonly state: SagaState;
  /** What was done last. */
  readonly step: string | null;
  readonly lastType: string;
  readonly startedAt: string;
  readonly lastAt: string;
  readonly endedAt: string | null;
  readonly limitMs: number | null;
  readonly events: number;
  readonly oddities: number;
};

export type SagaStepView = {
  readonly step: string;
  readonly done: boolean;
  readonly undone: boolean;
  readonly undoFailed: boolean;
};

export type SagaEventView = {
  readonly partition: number;
  /** Decimal text. */
  readonly offset: string;
  readonly eventId: string;
  readonly type: string;
  /** `done:pay`, `undone:pay`, `undo-failed:pay`, `completed`, `cancelled`. */
  readonly roles: readonly string[];
  readonly oddities: readonly Oddity[];
  readonly at: string;
};

export type SagaDetail = SagaRow & {
  /** The contract's steps in their order. */
  readonly steps: readonly SagaStepView[];
  /** In the order of their time, at most 500. */
  readonly history: readonly SagaEventView[];
};
