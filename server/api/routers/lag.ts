import { z } from 'zod';
import { moment } from '../moment.ts';
import { found, procedure, router } from '../trpc.ts';

const LONGEST_MS = 400 * 86_400_000;

const which = z.object({
  contractId: z.string().max(200),
  /** `group:<consumer group>` or `state:<derived state>` */
  subject: z
    .string()
    .max(300)
    .regex(/^(group|state):./, 'Name a subject such as group:projector or state:selling.'),
});
const range = z.union([
  z.object({ last: z.enum(['15m', '1h', '6h', '24h', '7d', '30d']) }),
  z
    .object({ from: moment, to: moment })
    .refine(({ from, to }) => Date.parse(from) < Date.parse(to), 'A range begins before it ends.')
    .refine(
      ({ from, to }) => Date.parse(to) - Date.parse(from) <= LONGEST_MS,
      'A range is at most 400 days long.',
    ),
]);

const nameOf = ({ contractId, subject }: z.infer<typeof which>) => ({
  contractId,
  kind: subject.startsWith('group:') ? ('group' as const) : ('state' as const),
  name: subject.slice(subject.indexOf(':') + 1),
});
const words = ({ contractId, subject }: z.infer<typeof which>) =>
  `lag of ${subject} in contract ${contractId}`;

export const lagRouter = router({
  list: procedure('read').query(({ ctx }) => ctx.lag.list()),
  get: procedure('read')
    .input(which)
    .query(async ({ ctx, input }) => found(await ctx.lag.get(nameOf(input)), words(input))),
  series: procedure('read')
    .input(which.extend({ range }))
    .query(async ({ ctx, input }) => {
      const asked =
        'last' in input.range
          ? input.range
          : { from: new Date(input.range.from), to: new Date(input.range.to) };
      return found(await ctx.lag.series(nameOf(input), asked), words(input));
    }),
});
