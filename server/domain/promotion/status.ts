/**
 * The life of a promotion. `queued` is approved and not taken up yet; `running` has a worker, or had one that
 * vanished, and is taken up again.
 */
export const promotionStatuses = [
  'awaiting-approval',
  'queued',
  'running',
  'promoted',
  'refused',
  'failed',
  'withdrawn',
] as const;
export type PromotionStatus = (typeof promotionStatuses)[number];

/**
 * What became of one approved key. `written`: its row holds what history says now. `already-right`: it did before.
 * `changed`: what stands now is not what was approved, and nothing was written.
 */
export const keyOutcomes = ['written', 'already-right', 'changed'] as const;
export type KeyOutcome = (typeof keyOutcomes)[number];
