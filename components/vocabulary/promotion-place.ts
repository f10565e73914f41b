import type { PromotionPlan } from '@/server/domain/promotion/index.ts';

/** Where the rows of a promotion stand. */
export function placeWords(target: PromotionPlan['target']): string {
  return 'topic' in target
    ? `topic ${target.topic} (group ${target.consumerGroup})`
    : `${target.table} (connection ${target.connection})`;
}
