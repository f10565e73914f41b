import { z } from 'zod';
import { unknownCode } from '../promotion/index.ts';
import { promotionPredicateType, runbookStepPredicateType } from './predicate-types.ts';

const unknown = z.discriminatedUnion('predicateType', [
  z.object({
    predicateType: z.literal(promotionPredicateType),
    predicate: z.object({
      status: z.literal('failed'),
      failure: z.object({ code: z.literal(unknownCode) }),
    }),
  }),
  z.object({
    predicateType: z.literal(runbookStepPredicateType),
    predicate: z.object({ status: z.literal('unknown') }),
  }),
]);

/** Whether a record says that nobody can tell if what it is about was done: lists have it among what failed. */
export const isOutcomeUnknown = (statement: unknown): boolean => unknown.safeParse(statement).success;
