import { tracked } from '@trpc/server';
import { z } from 'zod';
import { procedure, router } from '../trpc.ts';

export const liveRouter = router({
  /** One stream for a whole page: it says what changed, and the page asks again. */
  feed: procedure('read')
    .input(z.object({ lastEventId: z.string().optional() }).optional())
    .subscription(async function* ({ ctx, signal }) {
      const ended = signal ?? new AbortController().signal;
      for await (const event of ctx.live.listen(ended)) {
        // Somebody's roles or sessions changed: whoever is not let in any more hears nothing more.
        if (event.topic === 'people' && !(await ctx.isStillLetIn())) return;
        yield tracked(event.id, { topic: event.topic, at: event.at });
      }
    }),
});
