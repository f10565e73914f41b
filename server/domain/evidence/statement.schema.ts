import { z } from 'zod';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import { approvalPredicate } from './approval-predicate.schema.ts';
import { breakGlassPredicate } from './break-glass-predicate.schema.ts';
import { sha256Hex, text } from './predicate-parts.schema.ts';
import {
  approvalPredicateType,
  breakGlassPredicateType,
  promotionPredicateType,
  replayPredicateType,
  reviewPredicateType,
  runbookStepPredicateType,
  statementType,
} from './predicate-types.ts';
import { promotionPredicate } from './promotion-predicate.schema.ts';
import { replayPredicate } from './replay-predicate.schema.ts';
import { reviewPredicate } from './review-predicate.schema.ts';
import { runbookStepPredicate } from './runbook-step-predicate.schema.ts';

/** Every kind of record that there is, by its predicate type. */
export const predicateSchemas = {
  [replayPredicateType]: replayPredicate,
  [promotionPredicateType]: promotionPredicate,
  [approvalPredicateType]: approvalPredicate,
  [runbookStepPredicateType]: runbookStepPredicate,
  [reviewPredicateType]: reviewPredicate,
  [breakGlassPredicateType]: breakGlassPredicate,
} as const;

const subject = z
  .array(
    z.strictObject({
      name: text('What it is.'),
      digest: z.strictObject({ sha256: sha256Hex('Its digest.') }).describe('Its digest, by algorithm.'),
    }),
  )
  .min(1)
  .describe('What the statement is about.');

const header = { _type: z.literal(statementType), subject };
const statementSchema = z.discriminatedUnion('predicateType', [
  z.strictObject({ ...header, predicateType: z.literal(replayPredicateType), predicate: replayPredicate }),
  z.strictObject({
    ...header,
    predicateType: z.literal(promotionPredicateType),
    predicate: promotionPredicate,
  }),
  z.strictObject({
    ...header,
    predicateType: z.literal(approvalPredicateType),
    predicate: approvalPredicate,
  }),
  z.strictObject({
    ...header,
    predicateType: z.literal(runbookStepPredicateType),
    predicate: runbookStepPredicate,
  }),
  z.strictObject({ ...header, predicateType: z.literal(reviewPredicateType), predicate: reviewPredicate }),
  z.strictObject({
    ...header,
    predicateType: z.literal(breakGlassPredicateType),
    predicate: breakGlassPredicate,
  }),
]);

/** An in-toto Statement v1 with one of the known predicates, every field of which is as its schema says. */
export type KnownStatement = z.output<typeof statementSchema>;

export type StatementCode = 'predicate-unknown' | 'statement-wrong';

/** Reads a statement that anybody may have written. A field that no schema knows is refused with the rest. */
export function parseStatement(json: unknown): Parsed<KnownStatement, StatementCode> {
  const named = z.object({ predicateType: z.string() }).safeParse(json);
  if (named.success && !Object.hasOwn(predicateSchemas, named.data.predicateType))
    return refused('predicate-unknown', 'The predicate type is none of those that this verifier knows.');
  const parsed = statementSchema.safeParse(json);
  return parsed.success
    ? accepted(parsed.data)
    : refused('statement-wrong', `The statement is not as its schema says: ${z.prettifyError(parsed.error)}`);
}

/** The JSON Schema (draft 2020-12) of each predicate, by its type: what a field means, and in what unit it is. */
export function predicateJsonSchemas(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(predicateSchemas).map(([type, schema]) => [
      type,
      { $id: type, ...z.toJSONSchema(schema) },
    ]),
  );
}
