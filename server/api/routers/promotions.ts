import { z } from 'zod';
import { found, freshly, procedure, router } from '../trpc.ts';
import { words } from '../words.ts';

const promotionId = z.object({ promotionId: z.uuid() });
const pageInput = {
  cursor: z.string().max(2_000).optional(),
  limit: z.number().int().min(1).max(200).default(50),
};
const reason = words.trim().min(1, 'A promotion has a reason.');

export const promotionsRouter = router({
  list: procedure('read')
    .input(z.object({ ...pageInput, contractId: z.string().max(200).optional() }))
    .query(({ ctx, input: { cursor, limit, contractId } }) =>
      ctx.queries.promotions({ contractId }, { cursor, limit }),
    ),
  get: procedure('read')
    .input(promotionId)
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.promotion(input.promotionId, ctx.actor), `promotion ${input.promotionId}`),
    ),
  /** What is to be written, or was, the largest first. */
  changes: procedure('read')
    .input(promotionId.extend(pageInput))
    .query(({ ctx, input: { promotionId: id, cursor, limit } }) =>
      ctx.queries.promotionChanges(id, { cursor, limit }, ctx.actor),
    ),
  ofReplay: procedure('read')
    .input(z.object({ replayId: z.uuid() }))
    .query(({ ctx, input }) => ctx.queries.promotionsOf(input.replayId)),
  /** How many have not ended, by how far they are. */
  open: procedure('read').query(({ ctx }) => ctx.queries.openPromotions()),
  /** What waits, with whether the asker may decide about each. */
  waiting: procedure('read').query(({ ctx }) => ctx.queries.waitingPromotions(ctx.actor)),

  request: freshly('promote')
    .input(
      z.object({
        replayId: z.uuid(),
        derivedState: z.string().min(1).max(200),
        keys: z.array(z.string().max(10_000)).min(1).max(20_000).nullable(),
        fields: z.array(z.string().max(200)).min(1).max(200).nullable(),
        reason,
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.commands.requestPromotion({ ...input, actor: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
  undo: freshly('promote')
    .input(promotionId.extend({ reason }))
    .mutation(({ ctx, input }) =>
      ctx.commands.requestUndo({ ...input, actor: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
  withdraw: procedure('promote')
    .input(promotionId.extend({ reason: words.default('') }))
    .mutation(({ ctx, input }) => ctx.commands.withdrawPromotion({ ...input, actor: ctx.actor.id })),
  /** Of what a worker began and whose target can't be asked any more. */
  recordUnknown: freshly('approve')
    .input(promotionId.extend({ reason: words.trim().min(1, 'Recording it as unknown has a reason.') }))
    .mutation(({ ctx, input }) =>
      ctx.commands.recordUnknown({ ...input, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
  decide: freshly('approve')
    .input(
      promotionId.extend({
        planHash: z.string().regex(/^[0-9a-f]{64}$/),
        verdict: z.enum(['approved', 'rejected']),
        reason: words.trim().min(1, 'A decision has a reason.'),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.commands.decidePromotion({ ...input, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
});
