import { z } from 'zod';
import { assessConfidence, type Confidence, type FindingKind, findingKinds } from '../replay/index.ts';

const count = z.number().int().min(0);

/** The fields of a record that confidence follows from. Evidence is hostile input: nothing else is trusted to be there. */
const recordSchema = z.object({
  predicate: z.object({
    confidence_status: z.enum(['trusted', 'suspect', 'untrusted']).nullable(),
    confidence_reasons: z.array(z.string()),
    counters: z.object({
      absentMissing: count,
      absentCompacted: count,
      quarantined: count,
      conflictingDuplicates: count,
      erasedReads: count,
    }),
    findings: z.partialRecord(z.enum(findingKinds), count),
    contract: z.object({ description: z.object({ compaction: z.enum(['none', 'last-value']) }).nullable() }),
    invariants: z.array(
      z.object({
        over: z.enum(['key', 'whole', 'sql']),
        outcome: z.enum(['passed', 'failed', 'could-not-run']),
      }),
    ),
  }),
});

export type VerdictCheck =
  | { readonly outcome: 'passed'; readonly recomputed: Confidence | null }
  | { readonly outcome: 'failed'; readonly sentence: string };

/** Whether a record's confidence_status follows from its own other fields. */
export function checkVerdict(statement: unknown): VerdictCheck {
  const parsed = recordSchema.safeParse(statement);
  if (!parsed.success) {
    return {
      outcome: 'failed',
      sentence: `The record lacks what its verdict follows from: ${z.prettifyError(parsed.error)}`,
    };
  }
  const { predicate } = parsed.data;
  if (predicate.confidence_status === null) return { outcome: 'passed', recomputed: null };
  const recomputed = assessConfidence({
    counters: predicate.counters,
    findings: new Map(Object.entries(predicate.findings) as [FindingKind, number][]),
    compactionDeclaredHarmless: predicate.contract.description?.compaction === 'last-value',
    waivedQuarantine: 0,
    invariants: invariantFacts(predicate.invariants),
  });
  if (recomputed.status !== predicate.confidence_status) {
    return {
      outcome: 'failed',
      sentence: `The record says ${predicate.confidence_status}; its other fields say ${recomputed.status}${recomputed.reasons.length > 0 ? ` (${recomputed.reasons.join(', ')})` : ''}.`,
    };
  }
  const claimed = predicate.confidence_reasons.toSorted().join(', ');
  const found = recomputed.reasons.toSorted().join(', ');
  if (claimed !== found) {
    return {
      outcome: 'failed',
      sentence: `The record gives as reasons ${claimed || 'none'}; its other fields give ${found || 'none'}.`,
    };
  }
  return { outcome: 'passed', recomputed };
}

/** The invariants over the replayed state, as confidence takes them. */
export function invariantFacts(invariants: readonly { readonly over: string; readonly outcome: string }[]) {
  const replayed = invariants.filter((each) => each.over !== 'sql');
  return {
    failed: replayed.filter((each) => each.outcome === 'failed').length,
    couldNotRun: replayed.filter((each) => each.outcome === 'could-not-run').length,
  };
}

/** The invariants over live stores, as agreement takes them. */
export function liveInvariantFacts(
  invariants: readonly { readonly over: string; readonly outcome: string }[],
) {
  const live = invariants.filter((each) => each.over === 'sql');
  return {
    failed: live.filter((each) => each.outcome === 'failed').length,
    couldNotRun: live.filter((each) => each.outcome === 'could-not-run').length,
  };
}
