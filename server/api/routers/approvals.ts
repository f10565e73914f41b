import { z } from 'zod';
import { freshly, procedure, reaching, router } from '../trpc.ts';
import { words } from '../words.ts';

const replayId = z.object({ replayId: z.uuid() });

export const approvalsRouter = router({
  /** What waits, with whether the asker may decide about each. */
  waiting: procedure('read').query(({ ctx }) => ctx.queries.waiting(ctx.actor)),
  /** null where the replay's plan needs no approval. */
  of: procedure('read')
    .input(replayId)
    .query(({ ctx, input }) => ctx.queries.approval(input.replayId, ctx.actor)),
  /** What would run, what it would touch, and what is new to the asker; null where it does not wait. */
  review: reaching('read')
    .input(replayId)
    .query(({ ctx, input }) => ctx.queries.review(input.replayId, ctx.actor)),
  /** The asker has it before them. */
  look: procedure('approve')
    .input(
      replayId.extend({
        behind: z
          .string()
          .regex(/^\d{1,19}$/)
          .nullable(),
      }),
    )
    .mutation(({ ctx, input }) => ctx.commands.look({ ...input, personId: ctx.actor.id })),
  decide: freshly('approve')
    .input(
      replayId.extend({
        planHash: z.string().regex(/^[0-9a-f]{64}$/),
        verdict: z.enum(['approved', 'rejected']),
        reason: words.trim().min(1, 'A decision has a reason.'),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.commands.decide({ ...input, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
});
