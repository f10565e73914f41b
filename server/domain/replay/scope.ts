import { z } from 'zod';

const offsetText = z.string().regex(/^(0|[1-9][0-9]{0,18})$/, 'a whole number of at most 19 digits');

/** What is named twice is meant once, and counted so. */
const once = <T>(named: T[]): T[] => [...new Set(named)];

/** What a person asks to have replayed, before it is resolved to offsets. */
export const scopeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({
    kind: z.literal('partitions'),
    partitions: z.array(z.number().int().min(0)).min(1).overwrite(once),
  }),
  z.object({
    kind: z.literal('offsets'),
    ranges: z
      .array(z.object({ partition: z.number().int().min(0), from: offsetText, to: offsetText }))
      .min(1),
  }),
  /** `to` is exclusive; both are ISO 8601 instants with a time zone. */
  z.object({
    kind: z.literal('time'),
    from: z.iso.datetime({ offset: true }),
    to: z.iso.datetime({ offset: true }),
  }),
  z.object({ kind: z.literal('keys'), keys: z.array(z.string().min(1)).min(1).max(1000).overwrite(once) }),
]);

export type Scope = z.infer<typeof scopeSchema>;
export const scopeKinds = ['all', 'partitions', 'offsets', 'time', 'keys'] as const satisfies Scope['kind'][];
