import { procedure, router } from '../trpc.ts';

export const overviewRouter = router({
  get: procedure('read').query(({ ctx }) => ctx.queries.overview()),
  health: procedure('read').query(({ ctx }) => ctx.queries.health()),
});
