import { z } from 'zod';
import { found, procedure, router } from '../trpc.ts';

export const runbooksRouter = router({
  list: procedure('read').query(({ ctx }) => ctx.runbooks.list()),
  get: procedure('read')
    .input(
      z.object({
        runbookId: z.string().min(1).max(64),
        /** Of an earlier version; the current one where it is left out. */
        digest: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .nullable()
          .default(null),
      }),
    )
    .query(async ({ ctx, input }) =>
      found(
        await ctx.runbooks.get(input.runbookId, input.digest),
        `runbook ${input.runbookId}${input.digest === null ? '' : ` with the version ${input.digest}`}`,
      ),
    ),
});
