import { z } from 'zod';
import { noticeChannels } from '../../domain/notice/index.ts';
import { governing, procedure, router } from '../trpc.ts';

export const noticesRouter = router({
  /** By what people are told, and how that has gone. */
  channels: procedure('people').query(({ ctx }) => ctx.notices.channels()),
  /** By e-mail to whoever asks. */
  sendTest: governing
    .input(z.object({ channel: z.enum(noticeChannels) }))
    .mutation(({ ctx, input }) => ctx.notices.sendTest({ ...input, actor: ctx.actor.id })),
});
