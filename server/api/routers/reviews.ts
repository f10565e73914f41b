import { z } from 'zod';
import { MOST_LETTERS, opinionSections, reviewStatuses } from '../../domain/review/index.ts';
import { found, procedure, router } from '../trpc.ts';
import { webAddress, words, wordsUpTo } from '../words.ts';

const reviewId = z.object({ reviewId: z.uuid() });
const section = z.enum(opinionSections);
const filter = z.object({
  reviewStatus: z.enum(['unsigned', ...reviewStatuses]).optional(),
  contractId: z.string().min(1).max(200).optional(),
});
const page = (most: number) => ({
  cursor: z.string().max(2000).optional(),
  limit: z.number().int().min(1).max(most).default(50),
});
const day = z.iso.date('A day, as 2026-12-24.');

export const reviewsRouter = router({
  overview: procedure('read').query(({ ctx }) => ctx.reviews.overview()),
  list: procedure('read')
    .input(filter.extend(page(200)))
    .query(({ ctx, input: { reviewStatus, contractId, cursor, limit } }) =>
      ctx.reviews.list({ status: reviewStatus, contractId }, { cursor, limit }),
    ),
  get: procedure('read')
    .input(reviewId)
    .query(async ({ ctx, input }) =>
      found(await ctx.reviews.get(input.reviewId, ctx.actor), `review ${input.reviewId}`),
    ),
  ofIncident: procedure('read')
    .input(z.object({ incidentId: z.uuid() }))
    .query(({ ctx, input }) => ctx.reviews.ofIncident(input.incidentId)),
  versions: procedure('read')
    .input(reviewId.extend({ section, ...page(200) }))
    .query(({ ctx, input: { cursor, limit, ...of } }) =>
      ctx.reviews.versions(of.reviewId, of.section, { cursor, limit }),
    ),
  version: procedure('read')
    .input(reviewId.extend({ section, sectionVersion: z.number().int().min(1) }))
    .query(async ({ ctx, input: { reviewId: id, section: of, sectionVersion } }) =>
      found(await ctx.reviews.version(id, of, sectionVersion), `version ${sectionVersion} of this section`),
    ),

  begin: procedure('respond')
    .input(z.object({ incidentId: z.uuid() }))
    .mutation(({ ctx, input }) => ctx.reviews.begin({ ...input, personId: ctx.actor.id })),
  refresh: procedure('respond')
    .input(reviewId)
    .mutation(({ ctx, input }) => ctx.reviews.refresh({ ...input, personId: ctx.actor.id })),
  save: procedure('respond')
    .input(
      reviewId.extend({
        section,
        markdown: wordsUpTo(MOST_LETTERS),
        baseVersion: z.number().int().min(0),
      }),
    )
    .mutation(({ ctx, input: { markdown, ...rest } }) =>
      ctx.reviews.save({ ...rest, text: markdown, personId: ctx.actor.id }),
    ),
  saveAction: procedure('respond')
    .input(
      reviewId.extend({
        actionId: z.uuid().nullable(),
        baseVersion: z.number().int().min(0),
        title: wordsUpTo(300).trim().min(1, 'Say what is to be done.'),
        owner: z.string().min(1).max(200).nullable(),
        dueOn: day.nullable(),
        actionLink: webAddress.nullable(),
        doneWhen: words.default(''),
        dropped: z.boolean().default(false),
      }),
    )
    .mutation(({ ctx, input: { actionLink, baseVersion, ...rest } }) =>
      ctx.reviews.saveAction({
        ...rest,
        link: actionLink,
        version: baseVersion,
        personId: ctx.actor.id,
      }),
    ),
  mark: procedure('respond')
    .input(reviewId.extend({ actionId: z.uuid(), done: z.boolean(), note: words.default('') }))
    .mutation(({ ctx, input }) => ctx.reviews.mark({ ...input, personId: ctx.actor.id })),
  complete: procedure('respond')
    .input(reviewId)
    .mutation(({ ctx, input }) => ctx.reviews.complete({ ...input, personId: ctx.actor.id })),
  revise: procedure('respond')
    .input(reviewId.extend({ reason: words.trim().min(1, 'A correction has a reason.') }))
    .mutation(({ ctx, input }) => ctx.reviews.revise({ ...input, personId: ctx.actor.id })),
  sign: procedure('sign-review')
    .input(reviewId.extend({ digest: z.string().regex(/^[0-9a-f]{64}$/, 'A SHA-256 in hexadecimal.') }))
    .mutation(({ ctx, input }) => ctx.reviews.sign({ ...input, personId: ctx.actor.id })),
});
