import { z } from 'zod';
import {
  agreementStatuses,
  confidenceReasons,
  confidenceStatuses,
  endedStatuses,
  findingKinds,
} from '../replay/index.ts';
import { contractShown, planShown, readRanges, seams } from './plan-parts.schema.ts';
import {
  approvals,
  breakGlass,
  comparisonOutcomes,
  comparisons,
  count,
  cutParts,
  decimal,
  doesNotProve,
  failure,
  invariantOutcomesShown,
  invariants,
  orNull,
  remarks,
  sha256Hex,
  software,
  text,
  times,
} from './predicate-parts.schema.ts';

const counters = z
  .strictObject({
    applied: count('Events that were folded.'),
    duplicates: count('Events that had been delivered before.'),
    conflictingDuplicates: count('Duplicates with another content than the first delivery.'),
    filtered: count('Events that the contract is not about.'),
    quarantined: count('Events that could not be folded and were set aside.'),
    erased: count('Events whose subject was erased, folded without its data.'),
    erasedReads: count('Erased values that the fold asked for.'),
    outOfOrder: count('Events that came after a later one of their key.'),
    misplaced: count('Events in another partition than the partitioner would choose.'),
    absentControl: count('Offsets of control records.'),
    absentAborted: count('Offsets of aborted transactions.'),
    absentCompacted: count('Offsets that compaction has removed.'),
    absentMissing: count('Offsets that nothing explains the absence of.'),
  })
  .describe('What became of every offset in the ranges.');

/** The predicate of a replay's record, as it is written today. Throws nothing: use `safeParse`. */
export const replayPredicate = z.strictObject({
  replay_id: text('Id of the replay.'),
  status: z.enum(endedStatuses).describe('How it ended.'),
  failure,
  contract: contractShown,
  plan: planShown,
  plan_hash: orNull(
    sha256Hex('Digest of the plan as canonical JSON, with the keys of its scope and their salt.'),
    'Null where nothing was planned.',
  ),
  events_processed: count('Records that were delivered: applied, duplicates, filtered and quarantined.'),
  duplicates_skipped: count('Records that had been delivered before.'),
  conflicting_duplicates: count('Of these, those with another content than the first delivery.'),
  projections_changed: z
    .strictObject({
      total: count('Keys, over all derived states.'),
      by_derived_state: z.record(z.string(), z.number().int().min(0)).describe('Keys, by derived state.'),
    })
    .describe('Keys whose live value differs from history.'),
  reconciliation_failures: count('Invariants over the replayed state that are broken.'),
  confidence_status: z
    .enum(confidenceStatuses)
    .nullable()
    .describe('Whether the replayed state can be believed; null where the replay says nothing either way.'),
  confidence_reasons: z.array(z.enum(confidenceReasons)).describe('Every reason why it is not trusted.'),
  agreement: z
    .enum(agreementStatuses)
    .nullable()
    .describe('Whether live states equal the replayed one; null where nothing was compared.'),
  coverage: z
    .strictObject({
      kind: z.enum(['whole', 'part']).describe('Whether all of the history was read, or part of it.'),
      partitions: z
        .strictObject({ covered: count('Partitions read in full.'), of: count('Partitions that there are.') })
        .describe('Partitions.'),
      offsets: z
        .strictObject({ covered: decimal('Offsets read.'), of: decimal('Offsets that there were.') })
        .describe('Offsets; of an event table positions, which have gaps.'),
      sentence: text('The same as a sentence.'),
    })
    .nullable()
    .describe('What part of the history it is about; null where nothing was planned.'),
  counters,
  waived_quarantined: count('Of the records set aside, those that the plan waives.'),
  findings: z
    .partialRecord(z.enum(findingKinds), z.number().int().min(0))
    .describe('What was found in the history, counted by kind.'),
  ranges: readRanges,
  seams,
  digests: z
    .strictObject({
      shadow_state: orNull(sha256Hex('Of the replayed state.'), 'Null where there is none.'),
      history: orNull(sha256Hex('Of everything that was read.'), 'Null where there is none.'),
      diff: orNull(sha256Hex('Of all differences.'), 'Null where there is none.'),
    })
    .describe('Digests of what the replay read and came to.'),
  comparisons,
  comparison_outcomes: comparisonOutcomes,
  invariants,
  invariant_outcomes: invariantOutcomesShown,
  explained: z
    .strictObject({
      explained: count('Differences that a cause was found for.'),
      unexplained: count('Differences that none was found for.'),
      notSearched: count('Differences that no cause was looked for.'),
    })
    .describe('Differences by whether they are explained.'),
  approvals,
  break_glass: breakGlass,
  requested_by: text('Internal id of the person, or name of the process, that asked for it.'),
  cancelled_by: z.string().nullable().describe('Who called it off, likewise; null where nobody did.'),
  remarks,
  times,
  software,
  does_not_prove: doesNotProve,
  attachments: cutParts,
});
