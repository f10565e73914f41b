import { z } from 'zod';
import { invariantOutcomes } from '../reconciliation/index.ts';
import {
  assessConfidence,
  type Confidence,
  endedStatuses,
  type FindingKind,
  findingKinds,
  scopeKinds,
  whyPartOfTheKeys,
} from '../replay/index.ts';

const count = z.number().int().min(0);

/** The fields of a record that confidence follows from. Evidence is hostile input: nothing else is trusted to be there. */
const recordSchema = z.object({
  predicate: z.object({
    status: z.enum(endedStatuses),
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
    plan: z
      .object({
        scope: z.object({ kind: z.enum(scopeKinds) }),
        ranges: z.array(z.object({ partition: count })),
        history: z.object({ partitionCount: count }),
      })
      .nullable(),
    invariants: z.array(
      z.object({
        name: z.string(),
        over: z.enum(['key', 'whole', 'sql']),
        outcome: z.enum(invariantOutcomes),
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
  if (predicate.confidence_status === null && predicate.status === 'finished')
    return { outcome: 'failed', sentence: 'The replay finished, and the record gives no confidence_status.' };
  if (predicate.confidence_status === null) return { outcome: 'passed', recomputed: null };
  const misjudged = misjudgedInvariant(predicate);
  if (misjudged !== null) return { outcome: 'failed', sentence: misjudged };
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

/**
 * What is asked of all keys together is not applicable exactly where the plan holds part of them: else a failure
 * could be recorded as not applicable, or half of a sum as passed.
 */
function misjudgedInvariant({
  plan,
  invariants,
}: Pick<z.infer<typeof recordSchema>['predicate'], 'plan' | 'invariants'>): string | null {
  const part = plan === null ? null : whyPartOfTheKeys(plan);
  for (const { name, over, outcome } of invariants) {
    const isApplicable = over !== 'whole' || part === null;
    if (isApplicable && outcome === 'not-applicable')
      return `The record calls ${name} not applicable; by its plan it is applicable.`;
    if (!isApplicable && (outcome === 'passed' || outcome === 'failed'))
      return `The record says that ${name} ${outcome}; it is about all keys together, and the plan holds part of them.`;
  }
  return null;
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
