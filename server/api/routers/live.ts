import { tracked } from '@trpc/server';
import { z } from 'zod';
import { procedure, router } from '../trpc.ts';

const ASK_AGAIN_MS = 60_000;

export const liveRouter = router({
  /** One stream for a whole page: it says what changed, and the page asks again. */
  feed: procedure('read')
    .input(z.object({ lastEventId: z.string().optional() }).optional())
    .subscription(async function* ({ ctx, signal }) {
      const ended = signal ?? new AbortController().signal;
      let askedAt = performance.now();
      for await (const event of ctx.live.listen(ended)) {
        // Then the database may be away, and could not say who may read: that is asked with the next event.
        if (event.topic === 'feed-lost') {
          yield tracked(event.id, { topic: event.topic, at: event.at });
          continue;
        }
        // Somebody's roles or sessions changed, or time has passed in which one may have run out.
        const now = performance.now();
        if (event.topic === 'people' || now - askedAt > ASK_AGAIN_MS) {
          if (!(await ctx.stillHolds('read'))) {
            // A stream that only ended would leave the page as it was: it asks who it is shown to, and goes to the door.
            yield tracked(event.id, { topic: 'people', at: event.at });
            return;
          }
          askedAt = now;
        }
        yield tracked(event.id, { topic: event.topic, at: event.at });
      }
    }),
});
