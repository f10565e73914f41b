import { z } from 'zod';
import { found, procedure, reaching, router } from '../trpc.ts';

const topic = z.string().min(1).max(249);

export const deadLettersRouter = router({
  topics: procedure('read').query(({ ctx }) => ctx.letters.topics(ctx.actor)),
  list: procedure('read')
    .input(
      z.object({
        topic: topic.optional(),
        groupId: z.string().max(64).optional(),
        eventId: z.string().max(1000).optional(),
        gone: z.boolean().optional(),
        cursor: z.string().max(2000).optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) =>
      ctx.letters.list(filter, { cursor, limit }, ctx.actor),
    ),
  get: reaching('read')
    .input(
      z.object({
        topic,
        partition: z.number().int().min(0).max(2_147_483_647),
        offset: z.string().regex(/^\d{1,18}$/, 'An offset is a whole number.'),
      }),
    )
    .query(async ({ ctx, input }) =>
      found(
        await ctx.letters.letter(input, ctx.actor),
        `dead letter at ${input.topic}/${input.partition}/${input.offset}`,
      ),
    ),
});
