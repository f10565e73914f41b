import { tracked } from '@trpc/server';
import { z } from 'zod';
import { procedure, router } from '../trpc.ts';

export const liveRouter = router({
  /** One stream for a whole page: it says what changed, and the page asks again. */
  feed: procedure('read')
    .input(z.object({ lastEventId: z.string().optional() }).optional())
    .subscription(async function* ({ ctx, signal }) {
      const ended = signal ?? new AbortController().signal;
      for await (const event of ctx.live.listen(ended))
        yield tracked(event.id, { topic: event.topic, at: event.at });
    }),
});
