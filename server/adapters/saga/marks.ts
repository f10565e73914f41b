import { z } from 'zod';

/** What happened to each step, as it is kept. */
export const marksSchema = z.record(
  z.string(),
  z.object({ done: z.boolean(), undone: z.boolean(), undoFailed: z.boolean() }),
);
