import { z } from 'zod';
import { found, procedure, reaching, router } from '../trpc.ts';

const contractId = z.object({ contractId: z.string() });

export const contractsRouter = router({
  list: procedure('read').query(({ ctx }) => ctx.queries.contracts()),
  get: procedure('read')
    .input(contractId)
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.contract(input.contractId), `contract ${input.contractId}`),
    ),
  pipeline: reaching('read')
    .input(contractId)
    .query(({ ctx, input }) => ctx.queries.pipeline(input.contractId)),
  checkReadiness: procedure('replay')
    .input(contractId)
    .mutation(({ ctx, input }) => ctx.commands.checkReadiness(input.contractId, ctx.actor.id)),
});
