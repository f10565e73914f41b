import { z } from 'zod';
import { sagaStates } from '../../domain/saga/index.ts';
import { found, procedure, router } from '../trpc.ts';

const contractId = z.string().max(200);
const key = z.string().max(1_000);

export const sagasRouter = router({
  /** Of each contract that names a saga: counts by state, and how far it was followed. */
  summaries: procedure('read').query(({ ctx }) => ctx.queries.sagaSummaries()),
  list: procedure('read')
    .input(
      z.object({
        contractId: contractId.optional(),
        state: z.enum([...sagaStates, 'attention']).optional(),
        key: key.optional(),
        odd: z.boolean().optional(),
        cursor: z.string().max(4_000).optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) => ctx.queries.sagas(filter, { cursor, limit })),
  /** One saga with its steps and its events, where they stand. */
  get: procedure('read')
    .input(z.object({ contractId, key }))
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.saga(input.contractId, input.key), `saga ${input.key} of ${input.contractId}`),
    ),
});
