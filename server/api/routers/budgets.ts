import { z } from 'zod';
import { indicators } from '../../domain/contract/index.ts';
import { found, procedure, router } from '../trpc.ts';
import { words } from '../words.ts';

const reason = words.trim().min(1, 'What is left out of a budget has a reason.');

export const budgetsRouter = router({
  /** Where every budget stands, the one that is nearest to its end first. */
  list: procedure('read').query(({ ctx }) => ctx.queries.budgets()),
  get: procedure('read')
    .input(z.object({ budgetId: z.string().max(500) }))
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.budget(input.budgetId), `budget ${input.budgetId}`),
    ),
  /** Leaves a span of time out of one budget, or of all budgets of a contract. */
  exclude: procedure('respond')
    .input(
      z.object({
        contractId: z.string(),
        indicator: z.enum(indicators).nullable().default(null),
        subject: z.string().max(400).nullable().default(null),
        from: z.date(),
        to: z.date(),
        reason,
      }),
    )
    .mutation(({ ctx, input }) => ctx.commands.excludeTime({ ...input, actor: ctx.actor.id })),
  endExclusion: procedure('respond')
    .input(z.object({ exclusionId: z.uuid(), how: z.enum(['ended', 'revoked']), reason }))
    .mutation(({ ctx, input: { how, ...input } }) =>
      ctx.commands.endExclusion({ ...input, kind: how, actor: ctx.actor.id }),
    ),
});
