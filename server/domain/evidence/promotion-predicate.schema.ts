import { z } from 'zod';
import {
  appliedPositions,
  approvals,
  breakGlass,
  comparisonOutcomes,
  comparisons,
  contractNamed,
  count,
  cutParts,
  doesNotProve,
  failure,
  flag,
  instant,
  invariantOutcomesShown,
  invariants,
  orNull,
  remarks,
  sha256Hex,
  software,
  text,
  times,
} from './predicate-parts.schema.ts';

const place = z
  .union([
    z.strictObject({
      connection: text('Name of the connection.'),
      table: text('Name of the table.'),
      key: text('Its column that holds the key.'),
    }),
    z.strictObject({
      topic: text('Name of the topic.'),
      consumerGroup: text('The group that says how far it is.'),
    }),
  ])
  .describe('Where the rows stand.');

/** The predicate of a promotion's record, as it is written today. */
export const promotionPredicate = z.strictObject({
  promotion_id: text('Id of the promotion.'),
  status: z.enum(['promoted', 'refused', 'failed', 'withdrawn']).describe('How it ended.'),
  failure,
  plan: z
    .strictObject({
      format: z.literal('reprise.promotion/v1').describe('Version of the plan.'),
      contract: contractNamed,
      replay: z
        .strictObject({
          id: text('Id of the replay.'),
          planHash: sha256Hex('Digest of its plan.'),
          shadowDigest: sha256Hex('Digest of the state that it came to.'),
          evidenceId: text('Id of its record.'),
        })
        .describe('The replay whose state was promoted.'),
      derivedState: text('Name of the derived state.'),
      target: place,
      keys: count('Keys to be written.'),
      fields: count('Fields to be written, over all keys.'),
      diffDigest: sha256Hex('Digest of what was to be written.'),
      approvalsNeeded: z
        .number()
        .int()
        .min(1)
        .describe('Approvals by others than the requester that it needed.'),
      undoes: z
        .string()
        .nullable()
        .describe('Id of the promotion that it takes back; null where it takes back none.'),
    })
    .describe('What was to be written.'),
  plan_hash: sha256Hex('Digest of the plan as canonical JSON.'),
  keys_written: count('Keys that were written.'),
  keys_already_right: count('Keys that held what history says before.'),
  keys_changed_since: count('Keys that held something else than was approved, and were let be.'),
  target: z
    .strictObject({
      token: text('Number of the attempt; the target takes none that is older.'),
      appliedAt: orNull(instant('When the target took it.'), 'Null where it does not say.'),
      heldMs: z.number().min(0).nullable().describe('Milliseconds for which the projector was held.'),
      positions: appliedPositions,
    })
    .nullable()
    .describe('What was done in the target; null where nothing was.'),
  looked_at_again: flag('Whether derived states and invariants were looked at again afterwards.'),
  comparisons,
  comparison_outcomes: comparisonOutcomes,
  invariants,
  invariant_outcomes: invariantOutcomesShown,
  approvals,
  break_glass: breakGlass,
  requested_by: text('Internal id of the person who asked for it.'),
  remarks,
  rows: z
    .strictObject({ sha256: sha256Hex('Digest of the attachment "rows".') })
    .describe('Which rows were to be written, before and after. It may have been erased.'),
  times,
  software,
  does_not_prove: doesNotProve,
  attachments: cutParts,
});
