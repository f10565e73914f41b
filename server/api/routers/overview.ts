import { procedure, reaching, router } from '../trpc.ts';

export const overviewRouter = router({
  get: procedure('read').query(({ ctx }) => ctx.queries.overview(ctx.actor)),
  health: reaching('read').query(({ ctx }) => ctx.queries.health()),
});
