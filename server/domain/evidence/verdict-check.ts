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
import { countInvariants } from './outcome-counts.ts';

const count = z.number().int().min(0);
const outcomes = z.object({ passed: count, failed: count, could_not_run: count, not_applicable: count });
const compaction = z.enum(['none', 'last-value']);

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
    // Records that were made before anything could be waived have none of it.
    waived_quarantined: count.default(0),
    approvals: z.array(z.object({ verdict: z.string().optional(), void: z.string().nullish() })).default([]),
    // Records that were made before glass could be broken say nothing of it.
    break_glass: z.object({ by: z.array(z.string()) }).nullish(),
    findings: z.partialRecord(z.enum(findingKinds), count),
    contract: z.object({
      compaction: compaction.nullish(),
      description: z.object({ compaction }).nullable(),
    }),
    plan: z
      .object({
        scope: z.object({ kind: z.enum(scopeKinds) }),
        ranges: z.array(z.object({ partition: count })),
        history: z.object({ partitionCount: count }),
        waivers: z.array(z.object({ partition: count, offset: z.string() })).default([]),
      })
      .nullable(),
    invariants: z.array(
      z.object({
        name: z.string(),
        over: z.enum(['key', 'whole', 'sql']),
        outcome: z.enum(invariantOutcomes),
      }),
    ),
    digests: z.object({ shadow_state: z.string().nullable() }).optional(),
    // Records that were made before there was a bound show everything, and have neither of these.
    invariant_outcomes: z.object({ key: outcomes, whole: outcomes, sql: outcomes }).optional(),
    attachments: z.array(z.object({ of: z.string(), count })).default([]),
  }),
});

/** The shadow digest of a replayed state without a key: SHA-256 over its format's first line alone. */
export const emptyShadowDigest = '06234773110fefeea3fb5c4466f8ee2796d722304e7ef553ea5a564de413d94c';

type RecordFields = z.infer<typeof recordSchema>['predicate'];
type InvariantCounts = ReturnType<typeof countInvariants>;

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
  const counts = predicate.invariant_outcomes ?? countInvariants(predicate.invariants);
  const contradiction = contradictionIn(predicate, counts) ?? misjudgedInvariant(predicate, counts);
  if (contradiction !== null) return { outcome: 'failed', sentence: contradiction };
  const recomputed = assessConfidence({
    counters: predicate.counters,
    findings: new Map(Object.entries(predicate.findings) as [FindingKind, number][]),
    compactionDeclaredHarmless: declaredCompaction(predicate) === 'last-value',
    waivedQuarantine: predicate.waived_quarantined,
    invariants: {
      failed: counts.key.failed + counts.whole.failed,
      couldNotRun: counts.key.could_not_run + counts.whole.could_not_run,
    },
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

/** How many members a list has, also where the record shows only the first of them. */
const lengthOf = ({ attachments }: RecordFields, part: string, shown: readonly unknown[]): number =>
  attachments.find((each) => each.of === part)?.count ?? shown.length;

const declaredCompaction = ({ contract }: RecordFields) =>
  contract.compaction ?? contract.description?.compaction ?? null;

/** What a record says twice has to be the same, so that nothing can be counted better than it is listed. */
function contradictionIn(predicate: RecordFields, counts: InvariantCounts): string | null {
  const waivable = lengthOf(predicate, 'plan.waivers', predicate.plan?.waivers ?? []);
  if (predicate.waived_quarantined > Math.min(waivable, predicate.counters.quarantined))
    return 'The record counts more records as waived than its plan waives, or than were quarantined.';
  const approved = predicate.approvals.some(
    (each) => each.verdict === 'approved' && (each.void ?? null) === null,
  );
  if (predicate.waived_quarantined > 0 && !approved)
    return 'The record waives quarantined records, and nobody has approved that.';
  if (predicate.waived_quarantined > 0 && (predicate.break_glass ?? null) !== null)
    return 'The record waives quarantined records, and it ran without the approvals that it needed.';
  const { description } = predicate.contract;
  if (description !== null && description.compaction !== declaredCompaction(predicate))
    return 'The record gives two answers to whether compaction is tolerated.';
  const listed = countInvariants(predicate.invariants);
  const sum = (of: InvariantCounts) => totals(of).reduce((all, each) => all + each, 0);
  const all = totals(counts);
  const isCounted =
    sum(counts) === lengthOf(predicate, 'invariants', predicate.invariants) &&
    totals(listed).every((each, at) => each <= (all[at] ?? 0));
  return isCounted ? null : 'The counts of its invariants are not those of the invariants that it lists.';
}

const totals = (of: InvariantCounts): readonly number[] =>
  [of.key, of.whole, of.sql].flatMap(({ passed, failed, could_not_run, not_applicable }) => [
    passed,
    failed,
    could_not_run,
    not_applicable,
  ]);

/**
 * What is asked of all keys together is not applicable exactly where the plan holds part of them, and what is asked
 * of each only where the replayed state holds none: else a failure could be recorded as not applicable, or half of a
 * sum as passed. That each key of none has passed is said by older records, and hides nothing.
 */
function misjudgedInvariant(predicate: RecordFields, counts: InvariantCounts): string | null {
  const { plan, invariants, digests } = predicate;
  const ranges = plan === null ? null : { length: lengthOf(predicate, 'plan.ranges', plan.ranges) };
  const part = plan === null || ranges === null ? null : whyPartOfTheKeys({ ...plan, ranges });
  const holdsNoKey = digests?.shadow_state === emptyShadowDigest;
  const isApplicable = (over: string) => over !== 'whole' || part === null;
  const named = (over: string, outcomes: readonly string[]) =>
    invariants.find((each) => each.over === over && outcomes.includes(each.outcome))?.name ??
    'one of its invariants';
  for (const over of ['key', 'whole', 'sql'] as const) {
    const { passed, failed, not_applicable } = counts[over];
    if (over === 'key' && holdsNoKey) continue;
    if (isApplicable(over) && not_applicable > 0)
      return `The record calls ${named(over, ['not-applicable'])} not applicable; by its plan it is applicable.`;
    if (!isApplicable(over) && passed + failed > 0)
      return `The record says that ${named(over, ['passed', 'failed'])} passed or failed; it is about all keys together, and the plan holds part of them.`;
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
