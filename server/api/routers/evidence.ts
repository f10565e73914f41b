import { z } from 'zod';
import { evidenceKinds, filterBounds, recordStatuses } from '../../domain/evidence/index.ts';
import { agreementStatuses, confidenceStatuses } from '../../domain/replay/index.ts';
import { moment } from '../moment.ts';
import { found, procedure, router } from '../trpc.ts';

/** What is asked of evidence, by the list and by an export alike. */
export const evidenceFilter = z.object({
  contractId: z.string().max(filterBounds.contractId).optional(),
  kind: z.enum(evidenceKinds).optional(),
  confidence: z.enum(confidenceStatuses).optional(),
  agreement: z.enum(agreementStatuses).optional(),
  status: z.enum(recordStatuses).optional(),
  requestedBy: z.string().max(filterBounds.requestedBy).optional(),
  approvedBy: z.string().max(filterBounds.approvedBy).optional(),
  key: z.string().max(filterBounds.key).optional(),
  incidentId: z.uuid().optional(),
  search: z
    .string()
    .max(filterBounds.search, `Search for at most ${filterBounds.search} letters at once.`)
    .optional(),
  since: moment.optional(),
  until: moment.optional(),
  asOf: moment.optional(),
});

export const evidenceRouter = router({
  list: procedure('read')
    .input(
      evidenceFilter.extend({
        cursor: z.string().optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) =>
      ctx.queries.evidence(filter, { cursor, limit }, ctx.actor),
    ),
  fresh: procedure('read')
    .input(
      z.object({
        filter: evidenceFilter,
        seen: z.object({ at: z.iso.datetime(), id: z.uuid() }).nullable(),
      }),
    )
    .query(({ ctx, input }) => ctx.queries.freshEvidence(input.filter, input.seen, ctx.actor)),
  get: procedure('read')
    .input(z.object({ evidenceId: z.uuid() }))
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.evidenceView(input.evidenceId), `evidence record ${input.evidenceId}`),
    ),
  record: procedure('evidence')
    .input(z.object({ evidenceId: z.uuid() }))
    .query(async ({ ctx, input }) =>
      found(
        await ctx.queries.evidenceRecord(input.evidenceId, ctx.actor),
        `evidence record ${input.evidenceId}`,
      ),
    ),
  attachment: procedure('evidence')
    .input(z.object({ evidenceId: z.uuid(), name: z.string().max(100) }))
    .query(async ({ ctx, input }) =>
      found(
        await ctx.queries.evidenceAttachment(input.evidenceId, input.name, ctx.actor),
        `attachment ${input.name} of evidence record ${input.evidenceId}: the record has none of that name, or it was erased`,
      ),
    ),
  history: procedure('read')
    .input(z.object({ contractId: z.string() }))
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.evidenceHistory(input.contractId), `contract ${input.contractId}`),
    ),
  log: procedure('read').query(({ ctx }) => ctx.queries.evidenceLog()),
  facets: procedure('read').query(({ ctx }) => ctx.queries.evidenceFacets()),
});
