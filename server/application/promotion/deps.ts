import type { PageReads } from '../ports/page-reads.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { PromotionPoint, PromotionTarget } from '../ports/promotion-target.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { RevealStore } from '../ports/reveals.ts';
import type { CommandDeps, ReplayDeps, RunnerDeps } from '../replay/deps.ts';

/** What asking for a promotion, and deciding about one, needs. */
export type PromotionCommandDeps = CommandDeps & {
  readonly promotions: PromotionStore;
  readonly people: PeopleStore;
  readonly target: PromotionTarget;
  readonly reveals: RevealStore;
};

/** What reading one needs. */
export type PromotionReadDeps = Pick<ReplayDeps, 'unitOfWork' | 'approvals' | 'contracts' | 'loader'> & {
  readonly promotions: PromotionStore;
  readonly target: Pick<PromotionTarget, 'migration'>;
  readonly reveals: RevealStore;
  readonly reads: Pick<PageReads, 'erasuresOf'>;
};

/** What carrying one out needs. */
export type PromotionRunnerDeps = RunnerDeps & {
  readonly promotions: PromotionStore;
  readonly target: PromotionTarget;
  /** Called at the moments at which a worker may vanish. Production does nothing there. */
  readonly at: (point: PromotionPoint) => Promise<void>;
  /** For how long a promotion may make a projector wait. */
  readonly longestHoldMs: number;
};

/** How long a worker may be silent before another takes its promotion over, and how often it tells. */
export const promotionLeaseMs = 15_000;
export const promotionRenewMs = 4_000;

/** What takes longer than this, while a projector waits, is refused, and asks for a newer replay. */
export const longestHoldMs = 10_000;
