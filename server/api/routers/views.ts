import { z } from 'zod';
import { viewPages } from '../../application/ports/saved-views.ts';
import { procedure, router } from '../trpc.ts';
import { words } from '../words.ts';

/** Others see it where it is shared: a name that nobody can see, or that turns what follows around, is none. */
const name = words.trim().min(1, 'A view has a name.').max(80, 'A name has at most 80 letters.');
/** As it stands in an address behind the question mark. It is only ever put there again. */
const query = z
  .string()
  .max(2000, 'These filters are longer than 2,000 letters.')
  .regex(/^[^#?\s<>"]*$/, 'Filters are kept as they stand in the address.');

/** Sets of filters that people keep. Each changes their own alone, and reads what others share. */
export const viewsRouter = router({
  list: procedure('read')
    .input(z.object({ page: z.enum(viewPages) }))
    .query(({ ctx, input }) => ctx.queries.savedViews(ctx.actor.id, input.page)),
  save: procedure('account')
    .input(z.object({ page: z.enum(viewPages), name, query, shared: z.boolean().default(false) }))
    .mutation(({ ctx, input }) => ctx.commands.saveView({ ...input, personId: ctx.actor.id })),
  change: procedure('account')
    .input(
      z.object({
        viewId: z.uuid(),
        name: name.optional(),
        query: query.optional(),
        shared: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input }) => ctx.commands.changeView({ ...input, personId: ctx.actor.id })),
  remove: procedure('account')
    .input(z.object({ viewId: z.uuid() }))
    .mutation(({ ctx, input }) => ctx.commands.removeView({ ...input, personId: ctx.actor.id })),
});
