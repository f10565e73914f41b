import { z } from 'zod';
import { type DeliveryRange, deliveryRanges } from '../../application/ports/delivery-pages.ts';
import { findingKinds } from '../../domain/deliveries/index.ts';
import { procedure, router } from '../trpc.ts';

const ofContract = z.object({ contractId: z.string().max(200) });
const ranges = Object.keys(deliveryRanges) as [DeliveryRange, ...DeliveryRange[]];

/** Duplicates and losses. */
export const deliveriesRouter = router({
  list: procedure('read').query(({ ctx }) => ctx.queries.deliveries()),
  points: procedure('read')
    .input(ofContract.extend({ over: z.enum(ranges).default('24h') }))
    .query(({ ctx, input }) => ctx.queries.deliveryPoints(input.contractId, input.over)),
  findings: procedure('read')
    .input(
      ofContract.extend({
        kind: z.enum(findingKinds).optional(),
        cursor: z.string().optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input: { contractId, kind, cursor, limit } }) =>
      ctx.queries.deliveryFindings(contractId, kind, { cursor, limit }),
    ),
  applied: procedure('read')
    .input(ofContract)
    .query(({ ctx, input }) => ctx.queries.appliedDuplicates(input.contractId)),
});
