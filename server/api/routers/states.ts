import { z } from 'zod';
import { discrepancyKinds, explanationCauses } from '../../domain/reconciliation/index.ts';
import { found, procedure, router } from '../trpc.ts';
import { words } from '../words.ts';

const which = z.object({ contractId: z.string(), replayId: z.uuid().optional() });

export const statesRouter = router({
  get: procedure('read')
    .input(which)
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.states(input.contractId, input.replayId), `contract ${input.contractId}`),
    ),
  rows: procedure('read')
    .input(
      which
        .extend({
          derivedState: z.string().optional(),
          search: z.string().max(500).optional(),
          kind: z.enum(discrepancyKinds).optional(),
          cause: z.enum([...explanationCauses, 'unexplained']).optional(),
          differingOnly: z.boolean().default(true),
          cursor: z.string().optional(),
          limit: z.number().int().min(1).max(200).default(100),
        })
        // A key in agreement has none of them: unsaid, every key would look as if it had been chosen by them.
        .refine(
          ({ differingOnly, derivedState, kind, cause }) =>
            differingOnly || [derivedState, kind, cause].every((each) => each === undefined),
          'Derived state, kind and cause are of differences, and choose none of all keys.',
        ),
    )
    .query(({ ctx, input: { contractId, cursor, limit, ...filter } }) =>
      ctx.queries.stateRows(contractId, filter, { cursor, limit }, ctx.actor),
    ),
  key: procedure('read')
    .input(which.extend({ key: z.string() }))
    .query(async ({ ctx, input }) =>
      found(
        await ctx.queries.key(input.contractId, input.replayId, input.key, ctx.actor),
        `key ${input.key} in this replay`,
      ),
    ),
  /** Fields whose values are hidden, and until when the asker has revealed them. */
  hidden: procedure('read')
    .input(z.object({ contractId: z.string() }))
    .query(({ ctx, input }) => ctx.queries.hiddenValues(input.contractId, ctx.actor)),
  reveal: procedure('values')
    .input(
      z.object({
        contractId: z.string(),
        reason: words.trim().min(1, 'Revealing values has a reason.'),
      }),
    )
    .mutation(({ ctx, input }) => ctx.commands.revealValues({ ...input, actor: ctx.actor.id })),
  requestTrace: procedure('replay')
    .input(z.object({ replayId: z.uuid(), key: z.string() }))
    .mutation(({ ctx, input }) => ctx.commands.requestTrace(input.replayId, input.key, ctx.actor.id)),
});
