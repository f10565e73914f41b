import { z } from 'zod';
import { endedStatuses } from '../../domain/replay/index.ts';
import { found, procedure, router } from '../trpc.ts';

export const evidenceRouter = router({
  list: procedure('read')
    .input(
      z.object({
        contractId: z.string().optional(),
        confidence: z.enum(['trusted', 'suspect', 'untrusted']).optional(),
        agreement: z.enum(['equal', 'behind', 'different', 'not-compared']).optional(),
        status: z.enum(endedStatuses).optional(),
        requestedBy: z.string().optional(),
        since: z.iso.datetime({ offset: true }).optional(),
        until: z.iso.datetime({ offset: true }).optional(),
        asOf: z.iso.datetime({ offset: true }).optional(),
        cursor: z.string().optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) => ctx.queries.evidence(filter, { cursor, limit })),
  get: procedure('read')
    .input(z.object({ evidenceId: z.uuid() }))
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.evidenceView(input.evidenceId), `evidence record ${input.evidenceId}`),
    ),
  record: procedure('evidence')
    .input(z.object({ evidenceId: z.uuid() }))
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.evidenceRecord(input.evidenceId), `evidence record ${input.evidenceId}`),
    ),
  attachment: procedure('evidence')
    .input(z.object({ evidenceId: z.uuid(), name: z.string().max(100) }))
    .query(async ({ ctx, input }) =>
      found(
        await ctx.queries.evidenceAttachment(input.evidenceId, input.name, ctx.actor),
        `attachment ${input.name} of evidence record ${input.evidenceId}: the record has none of that name, or it was erased`,
      ),
    ),
  facets: procedure('read').query(({ ctx }) => ctx.queries.evidenceFacets()),
});
