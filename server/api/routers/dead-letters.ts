import { z } from 'zod';
import { found, freshly, procedure, reaching, router } from '../trpc.ts';
import { words } from '../words.ts';

const topic = z.string().min(1).max(249);

const place = z.object({
  partition: z.number().int().min(0).max(2_147_483_647),
  offset: z.string().regex(/^\d{1,18}$/, 'An offset is a whole number.'),
});
/** Where a letter stood when it was looked at: its state may park elsewhere by now. */
const stood = place.extend({ topic, identity: z.string().min(1).max(200).optional() });
const wanted = z.object({
  contractId: z.string().min(1).max(200),
  derivedState: z.string().min(1).max(200),
  groupId: z.string().max(64).optional(),
  letters: z
    .array(stood)
    .min(1)
    .max(1000)
    .refine(
      (given) =>
        new Set(given.map((each) => `${each.topic}/${each.partition}/${BigInt(each.offset)}`)).size ===
        given.length,
      'A letter is named twice: it is sent once.',
    )
    .optional(),
  perSecond: z.number().int().min(1).max(1000).default(10),
  atMost: z.number().int().min(1).max(100_000).default(1000),
});
const edited = place.extend({
  topic,
  value: z.string().max(262_144, 'An edited value has at most 262,144 characters.'),
  ticket: words
    .trim()
    .max(200)
    .regex(/^[^\r\n]*$/, 'A ticket is one line.')
    .default(''),
});
const redriveId = z.object({ redriveId: z.uuid() });
const reason = words.trim().min(1, 'It has a reason.');

export const deadLettersRouter = router({
  /** With the cause that is asked for, be it one of many with few letters. */
  topics: procedure('read')
    .input(z.object({ topic: topic.optional(), groupId: z.string().max(64).optional() }).default({}))
    .query(({ ctx, input }) => ctx.letters.topics(input, ctx.actor)),
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
    .input(place.extend({ topic }))
    .query(async ({ ctx, input }) =>
      found(
        await ctx.letters.letter(input, ctx.actor),
        `dead letter at ${input.topic}/${input.partition}/${input.offset}`,
      ),
    ),
  later: reaching('read')
    .input(place.extend({ topic, search: z.boolean().default(false) }))
    .query(async ({ ctx, input: { search, ...input } }) =>
      found(
        await ctx.letters.later(input, search),
        `dead letter at ${input.topic}/${input.partition}/${input.offset}`,
      ),
    ),
  redrives: procedure('read').query(({ ctx }) => ctx.letters.redrives()),
  waiting: procedure('read').query(({ ctx }) => ctx.letters.waiting(ctx.actor)),
  redrive: procedure('read')
    .input(redriveId)
    .query(async ({ ctx, input }) =>
      found(await ctx.letters.redrive(input.redriveId, ctx.actor), `redrive ${input.redriveId}`),
    ),
  /** All letters of the frozen set, page by page. */
  lettersOf: procedure('read')
    .input(redriveId.extend({ cursor: z.number().int().min(0).default(0) }))
    .query(({ ctx, input }) => ctx.letters.lettersOf(input.redriveId, input.cursor, ctx.actor)),
  /** How many, to where, and which would fail again: nothing is changed. */
  previewRedrive: reaching('respond')
    .input(wanted)
    .query(({ ctx, input: { derivedState: state, ...rest } }) =>
      ctx.letters.preview({ ...rest, state }, ctx.actor),
    ),
  requestRedrive: procedure('respond')
    .input(wanted.extend({ planHash: z.string().regex(/^[0-9a-f]{64}$/), reason }))
    .mutation(({ ctx, input: { derivedState: state, planHash: hash, ...rest } }) =>
      ctx.letters.request({ ...rest, state, hash, actor: ctx.actor.id }),
    ),
  /** An act, since a value has no place in an address; nothing is changed by it. */
  previewEdit: procedure('respond')
    .input(edited)
    .mutation(({ ctx, input }) => ctx.letters.previewEdit(input, ctx.actor)),
  requestEdit: procedure('respond')
    .input(edited.extend({ planHash: z.string().regex(/^[0-9a-f]{64}$/), reason }))
    .mutation(({ ctx, input: { planHash: hash, ...rest } }) =>
      ctx.letters.requestEdit({ ...rest, hash }, ctx.actor),
    ),
  /** null: it sends its letters as they are. */
  edit: reaching('read')
    .input(redriveId)
    .query(({ ctx, input }) => ctx.letters.edit(input.redriveId, ctx.actor)),
  decideRedrive: freshly('approve')
    .input(
      redriveId.extend({
        planHash: z.string().regex(/^[0-9a-f]{64}$/),
        verdict: z.enum(['approved', 'rejected']),
        reason,
      }),
    )
    .mutation(({ ctx, input: { planHash: hash, ...rest } }) =>
      ctx.letters.decide({ ...rest, hash, personId: ctx.actor.id, sessionId: ctx.actor.sessionId }),
    ),
  pauseRedrive: procedure('respond')
    .input(redriveId)
    .mutation(({ ctx, input }) => ctx.letters.steer({ ...input, move: 'pause', actor: ctx.actor.id })),
  resumeRedrive: procedure('respond')
    .input(redriveId)
    .mutation(({ ctx, input }) => ctx.letters.steer({ ...input, move: 'resume', actor: ctx.actor.id })),
  cancelRedrive: procedure('respond')
    .input(redriveId)
    .mutation(({ ctx, input }) => ctx.letters.steer({ ...input, move: 'cancel', actor: ctx.actor.id })),
  /** Letters that were sent and never seen reprocessed are waited for no more. */
  stopWaiting: procedure('respond')
    .input(redriveId.extend({ reason }))
    .mutation(({ ctx, input }) => ctx.letters.endWait({ ...input, actor: ctx.actor.id })),
});
