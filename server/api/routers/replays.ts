import { z } from 'zod';
import { findingKinds, scopeSchema } from '../../domain/replay/index.ts';
import { moment } from '../moment.ts';
import { found, procedure, reaching, router } from '../trpc.ts';
import { words } from '../words.ts';

const replayId = z.object({ replayId: z.uuid() });
/** What is asked for beside the scope: an approval, and records that may be quarantined. */
const asked = {
  review: z.boolean().default(false),
  waivers: z
    .array(
      z.object({ partition: z.number().int().min(0).max(1_000_000), offset: z.string().regex(/^\d{1,19}$/) }),
    )
    .max(1_000)
    .default([]),
};
const pageInput = { cursor: z.string().optional(), limit: z.number().int().min(1).max(200).default(50) };

/** `running`: not ended, whatever it waits for. */
const filterInput = {
  contractId: z.string().optional(),
  status: z.enum(['running', 'ended']).optional(),
  confidence: z.enum(['trusted', 'suspect', 'untrusted']).optional(),
  requestedBy: z.string().optional(),
  asOf: moment.optional(),
};

export const replaysRouter = router({
  list: procedure('read')
    .input(z.object({ ...pageInput, ...filterInput }))
    .query(({ ctx, input: { cursor, limit, ...filter } }) => ctx.queries.replays(filter, { cursor, limit })),

  open: procedure('read')
    .input(z.object(filterInput))
    .query(({ ctx, input }) => ctx.queries.openReplays(input)),

  get: procedure('read')
    .input(replayId)
    .query(async ({ ctx, input }) =>
      found(await ctx.queries.replay(input.replayId, ctx.actor), `replay ${input.replayId}`),
    ),

  compare: procedure('read')
    .input(z.object({ before: z.uuid(), after: z.uuid() }))
    .query(async ({ ctx, input }) =>
      found(
        await ctx.queries.compareReplays(input.before, input.after, ctx.actor),
        `pair of replays ${input.before} and ${input.after}`,
      ),
    ),

  findings: procedure('read')
    .input(replayId.extend({ ...pageInput, kind: z.enum(findingKinds).optional() }))
    .query(({ ctx, input }) =>
      ctx.queries.findings(
        input.replayId,
        input.kind,
        { cursor: input.cursor, limit: input.limit },
        ctx.actor,
      ),
    ),

  preview: reaching('replay')
    .input(
      z.object({
        contractId: z.string(),
        scope: scopeSchema,
        version: z.number().int().positive().optional(),
        ...asked,
      }),
    )
    .query(({ ctx, input }) => ctx.commands.previewPlan(input.contractId, input.scope, input.version, input)),

  launch: procedure('replay')
    .input(
      z.object({
        replayId: z.uuid().optional(),
        contractId: z.string(),
        scope: scopeSchema,
        version: z.number().int().positive().optional(),
        planHash: z.string().optional(),
        rateLimit: z.number().int().min(1).max(10_000_000).optional(),
        reason: words.default(''),
        ...asked,
      }),
    )
    .mutation(({ ctx, input }) => ctx.commands.launch({ ...input, actor: ctx.actor.id })),

  pause: procedure('replay')
    .input(replayId)
    .mutation(({ ctx, input }) => ctx.commands.pause(input.replayId, ctx.actor.id)),
  resume: procedure('replay')
    .input(replayId)
    .mutation(({ ctx, input }) => ctx.commands.resume(input.replayId, ctx.actor.id)),
  cancel: procedure('replay')
    .input(replayId.extend({ reason: words.default('') }))
    .mutation(({ ctx, input }) => ctx.commands.cancel(input.replayId, ctx.actor.id, input.reason)),
  setRateLimit: procedure('replay')
    .input(replayId.extend({ eventsPerSecond: z.number().int().min(1).max(10_000_000).nullable() }))
    .mutation(({ ctx, input }) =>
      ctx.commands.setRateLimit(input.replayId, input.eventsPerSecond, ctx.actor.id),
    ),
});
