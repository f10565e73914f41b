import { z } from 'zod';
import { freshly, procedure, router } from '../trpc.ts';
import { words } from '../words.ts';

const subject = z.object({ subjectKind: z.enum(['replay', 'promotion']), subjectId: z.uuid() });
const planHash = z.string().regex(/^[0-9a-f]{64}$/);

export const breakGlassRouter = router({
  /** Of what waits or ran: who broke the glass, and whether that was reviewed; null where nobody did. */
  of: procedure('read')
    .input(subject.extend({ planHash }))
    .query(({ ctx, input }) => ctx.queries.glassOf(input.subjectKind, input.subjectId, input.planHash)),
  reviews: procedure('read').query(({ ctx }) => ctx.queries.openReviews()),
  break: freshly('break-glass')
    .input(
      subject.extend({
        planHash,
        reason: words.trim().min(1, 'Breaking the glass has a reason.'),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.commands.breakGlass({ ...input, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
  close: freshly('review')
    .input(
      z.object({
        glassId: z.uuid(),
        reason: words.trim().min(1, 'A review has a conclusion.'),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.commands.closeReview({ ...input, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
});
