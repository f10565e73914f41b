import { z } from 'zod';
import { runStatuses } from '../../application/ports/runbook-runs.ts';
import { attached } from '../attached.ts';
import { found, freshly, procedure, router } from '../trpc.ts';
import { words } from '../words.ts';

const runId = z.object({ runId: z.uuid() });
/** As which version the asker saw it. */
const seen = runId.extend({ version: z.number().int().min(1) });
const attemptId = z.object({ attemptId: z.uuid() });
const runbookId = z.string().min(1).max(200);
const step = z.string().min(1).max(200);
const needed = (sentence: string) => words.trim().min(1, sentence);
const decision = attemptId.extend({
  /** Of what was looked at. */
  planHash: z.string().regex(/^[0-9a-f]{64}$/),
  reason: needed('A decision has a reason.'),
});

export const runsRouter = router({
  /** Runbooks that may help with an incident, or the one that is asked for, with the values that a run would be given. */
  propose: procedure('read')
    .input(
      z.object({
        incidentId: z.uuid().nullable().default(null),
        runbookId: runbookId.nullable().default(null),
      }),
    )
    .query(({ ctx, input }) => ctx.runs.propose(input)),
  list: procedure('read')
    .input(
      z.object({
        status: z.enum(runStatuses).optional(),
        incidentId: z.uuid().optional(),
        runbookId: runbookId.optional(),
        cursor: z.string().max(2000).optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) => ctx.runs.list(filter, { cursor, limit })),
  ofIncident: procedure('read')
    .input(z.object({ incidentId: z.uuid() }))
    .query(({ ctx, input }) => ctx.runs.ofIncident(input.incidentId)),
  get: procedure('read')
    .input(runId)
    .query(async ({ ctx, input }) =>
      found(await ctx.runs.get(input.runId, ctx.actor), `run ${input.runId} of a runbook`),
    ),
  shownPreview: procedure('read')
    .input(runId.extend({ previewId: z.uuid() }))
    .query(async ({ ctx, input }) =>
      found(
        await ctx.runs.shownPreview(input.runId, input.previewId, ctx.actor),
        `preview ${input.previewId}`,
      ),
    ),
  /** What an attempt said before one of its lines: a run brings only the newest. */
  lines: procedure('read')
    .input(attemptId.extend({ beforeLine: z.number().int().min(1).max(2_147_483_647) }))
    .query(async ({ ctx, input }) =>
      found(await ctx.runs.lines(input.attemptId, input.beforeLine), `attempt ${input.attemptId} of a step`),
    ),
  /** Steps that wait for approval, with whether the asker may decide about each. */
  waiting: procedure('read').query(({ ctx }) => ctx.runs.waiting(ctx.actor)),

  start: procedure('respond')
    .input(
      z.object({
        runbookId,
        digest: z.string().regex(/^[0-9a-f]{64}$/),
        incidentId: z.uuid().nullable(),
        parameters: z.record(z.string().max(100), z.string().max(2000)),
      }),
    )
    .mutation(({ ctx, input }) => ctx.runs.start({ ...input, personId: ctx.actor.id })),
  /** Has the symptoms looked at whose actions read only. */
  checkSymptoms: procedure('respond')
    .input(runId)
    .mutation(({ ctx, input }) => ctx.runs.checkSymptoms({ ...input, personId: ctx.actor.id })),
  /** Reads only: what the action of a step would do. */
  preview: procedure('respond')
    .input(seen.extend({ step }))
    .mutation(({ ctx, input }) => ctx.runs.preview({ ...input, personId: ctx.actor.id })),
  do: procedure('respond')
    .input(seen.extend({ previewId: z.uuid() }))
    .mutation(({ ctx, input }) =>
      ctx.runs.do({ ...input, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
  approve: freshly('approve')
    .input(decision)
    .mutation(({ ctx, input }) =>
      ctx.runs.decide({
        ...input,
        verdict: 'approved',
        personId: ctx.actor.id,
        sessionId: ctx.actor.sessionId,
      }),
    ),
  reject: freshly('approve')
    .input(decision)
    .mutation(({ ctx, input }) =>
      ctx.runs.decide({
        ...input,
        verdict: 'rejected',
        personId: ctx.actor.id,
        sessionId: ctx.actor.sessionId,
      }),
    ),
  cancel: procedure('respond')
    .input(attemptId.extend({ reason: words.default('') }))
    .mutation(({ ctx, input }) => ctx.runs.cancel({ ...input, personId: ctx.actor.id })),
  tick: procedure('respond')
    .input(seen.extend({ step, note: words.default('') }))
    .mutation(({ ctx, input }) => ctx.runs.tick({ ...input, personId: ctx.actor.id })),
  skip: procedure('respond')
    .input(seen.extend({ step, reason: needed('A step is skipped for a reason: say which.') }))
    .mutation(({ ctx, input }) => ctx.runs.skip({ ...input, personId: ctx.actor.id })),
  note: procedure('respond')
    .input(seen.extend({ step: step.nullable().default(null), text: needed('A note has words.') }))
    .mutation(({ ctx, input }) => ctx.runs.note({ ...input, personId: ctx.actor.id })),
  attachFile: procedure('respond')
    .input(seen.extend({ step, ...attached.shape }))
    .mutation(({ ctx, input: { content, ...rest } }) =>
      ctx.runs.attachFile({ ...rest, content: Buffer.from(content, 'base64'), personId: ctx.actor.id }),
    ),
  handOver: procedure('respond')
    .input(seen.extend({ toPerson: z.string().min(1).max(200), text: needed('Say where it stands.') }))
    .mutation(({ ctx, input: { toPerson, ...rest } }) =>
      ctx.runs.handOver({ ...rest, to: toPerson, personId: ctx.actor.id }),
    ),
  end: procedure('respond')
    .input(seen)
    .mutation(({ ctx, input }) => ctx.runs.end({ ...input, personId: ctx.actor.id })),
  abandon: procedure('respond')
    .input(seen.extend({ reason: needed('A run is abandoned for a reason: say which.') }))
    .mutation(({ ctx, input }) => ctx.runs.abandon({ ...input, personId: ctx.actor.id })),
});
