import { z } from 'zod';
import { incidentClasses } from '../../domain/contract/index.ts';
import { incidentStatuses } from '../../domain/incident/index.ts';
import { attached } from '../attached.ts';
import { moment } from '../moment.ts';
import { found, procedure, router } from '../trpc.ts';
import { webAddress, words } from '../words.ts';

const incidentId = z.object({ incidentId: z.uuid() });
/** As which version the asker saw it. */
const seen = incidentId.extend({ version: z.number().int().min(1) });
const contractId = z.string().min(1).max(200);
const incidentClass = z.enum(incidentClasses);
const entryId = z.string().regex(/^\d{1,18}$/, 'The id of a line of the timeline.');
const needed = (sentence: string) => words.trim().min(1, sentence);

export const incidentsRouter = router({
  list: procedure('read')
    .input(
      z.object({
        status: z.enum(['open', ...incidentStatuses]).optional(),
        class: incidentClass.optional(),
        contractId: contractId.optional(),
        cursor: z.string().max(2000).optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input: { cursor, limit, ...filter } }) => ctx.incidents.list(filter, { cursor, limit })),
  open: procedure('read').query(({ ctx }) => ctx.incidents.openNow()),
  /** How many are open. */
  openCount: procedure('read').query(({ ctx }) => ctx.incidents.countOpen()),
  get: procedure('read')
    .input(incidentId)
    .query(async ({ ctx, input }) =>
      found(await ctx.incidents.get(input.incidentId), `incident ${input.incidentId}`),
    ),
  timeline: procedure('read')
    .input(
      incidentId.extend({
        cursor: z.string().max(2000).optional(),
        limit: z.number().int().min(1).max(500).default(200),
      }),
    )
    .query(({ ctx, input: { incidentId: id, cursor, limit } }) =>
      ctx.incidents.timeline(id, { cursor, limit }),
    ),
  /** The incidents that a record belongs to. */
  ofRecord: procedure('read')
    .input(z.object({ evidenceId: z.uuid() }))
    .query(({ ctx, input }) => ctx.incidents.ofRecord(input.evidenceId)),
  /** Whom one can be assigned to. */
  responders: procedure('read').query(({ ctx }) => ctx.incidents.responders()),

  openByHand: procedure('respond')
    .input(
      z.object({
        title: needed('Say in one sentence what is wrong.').max(300),
        class: incidentClass,
        contractId: contractId.nullable(),
        beganAt: moment.nullable(),
      }),
    )
    .mutation(({ ctx, input: { beganAt, ...rest } }) =>
      ctx.incidents.open({
        ...rest,
        beganAt: beganAt === null ? null : new Date(beganAt),
        personId: ctx.actor.id,
      }),
    ),
  acknowledge: procedure('respond')
    .input(seen)
    .mutation(({ ctx, input }) => ctx.incidents.acknowledge({ ...input, personId: ctx.actor.id })),
  assign: procedure('respond')
    .input(seen.extend({ assignee: z.string().min(1).max(200).nullable() }))
    .mutation(({ ctx, input }) => ctx.incidents.assign({ ...input, personId: ctx.actor.id })),
  setClass: procedure('respond')
    .input(seen.extend({ class: incidentClass, reason: needed('Another class has a reason.') }))
    .mutation(({ ctx, input }) => ctx.incidents.setClass({ ...input, personId: ctx.actor.id })),
  startMitigating: procedure('respond')
    .input(seen)
    .mutation(({ ctx, input }) => ctx.incidents.mitigate({ ...input, personId: ctx.actor.id })),
  recover: procedure('respond')
    .input(seen.extend({ evidenceId: z.uuid().nullable(), reason: words.default('') }))
    .mutation(({ ctx, input }) => ctx.incidents.recover({ ...input, personId: ctx.actor.id })),
  review: procedure('respond')
    .input(seen.extend({ reason: needed('A review says what it came to.') }))
    .mutation(({ ctx, input }) => ctx.incidents.review({ ...input, personId: ctx.actor.id })),
  close: procedure('respond')
    .input(seen)
    .mutation(({ ctx, input }) => ctx.incidents.close({ ...input, personId: ctx.actor.id })),
  reopen: procedure('respond')
    .input(seen.extend({ reason: needed('Opening it again has a reason.') }))
    .mutation(({ ctx, input }) => ctx.incidents.reopen({ ...input, personId: ctx.actor.id })),

  addNote: procedure('respond')
    .input(
      incidentId.extend({ text: needed('A note has words.'), occurredAt: moment.nullable().default(null) }),
    )
    .mutation(({ ctx, input: { occurredAt, ...rest } }) =>
      ctx.incidents.addNote({
        ...rest,
        occurredAt: occurredAt === null ? null : new Date(occurredAt),
        personId: ctx.actor.id,
      }),
    ),
  attachLink: procedure('respond')
    .input(incidentId.extend({ link: webAddress, text: words.default('') }))
    .mutation(({ ctx, input }) => ctx.incidents.attachLink({ ...input, personId: ctx.actor.id })),
  attachEvidence: procedure('respond')
    .input(incidentId.extend({ evidenceId: z.uuid(), text: words.default('') }))
    .mutation(({ ctx, input }) => ctx.incidents.attachEvidence({ ...input, personId: ctx.actor.id })),
  attachFile: procedure('respond')
    .input(incidentId.extend(attached.shape))
    .mutation(({ ctx, input: { content, ...rest } }) =>
      ctx.incidents.attachFile({
        ...rest,
        content: Buffer.from(content, 'base64'),
        personId: ctx.actor.id,
      }),
    ),
  correct: procedure('respond')
    .input(incidentId.extend({ entryId, text: needed('A correction has words.') }))
    .mutation(({ ctx, input }) => ctx.incidents.correct({ ...input, personId: ctx.actor.id })),
  star: procedure('respond')
    .input(incidentId.extend({ entryId, starred: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.incidents.star({ ...input, personId: ctx.actor.id })),
});
