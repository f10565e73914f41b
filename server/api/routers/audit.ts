import { z } from 'zod';
import { moment } from '../moment.ts';
import { procedure, router } from '../trpc.ts';

/** What of the audit is asked for. `until` is exclusive. */
export const auditFilter = z.object({
  actor: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
  outcome: z.enum(['done', 'refused']).optional(),
  subject: z.string().max(200).optional(),
  since: moment.optional(),
  until: moment.optional(),
});

export const auditRouter = router({
  list: procedure('audit')
    .input(
      auditFilter.extend({
        cursor: z.string().max(200).optional(),
        limit: z.number().int().min(1).max(500).default(50),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) => ctx.queries.audit(filter, { cursor, limit })),
  actions: procedure('audit').query(({ ctx }) => ctx.queries.auditActions()),
});
