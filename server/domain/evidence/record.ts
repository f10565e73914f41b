import type { ContractDescription } from '../contract/index.ts';
import type { Comparison, InvariantResult } from '../reconciliation/index.ts';
import {
  type AgreementStatus,
  type Confidence,
  type Counters,
  type Coverage,
  eventsProcessed,
  type FindingKind,
  type Plan,
  type ReplayStatus,
  whatBeganLater,
} from '../replay/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';

export const statementType = 'https://in-toto.io/Statement/v1';
/** Versioned: a change in the meaning of a field is a new predicate type. */
export const replayPredicateType = 'https://reprise.dev/evidence/replay/v1';

/** What is known of a replay when it ends, whichever way it ends. */
export type ReplayFacts = {
  readonly replayId: string;
  readonly status: ReplayStatus;
  readonly failure: { readonly code: string; readonly sentence: string } | null;
  readonly contract: {
    readonly id: string;
    readonly version: number;
    readonly bundleDigest: string;
    readonly description: ContractDescription | null;
  };
  readonly plan: Plan | null;
  readonly planHash: string | null;
  readonly counters: Counters;
  readonly findings: ReadonlyMap<FindingKind, number>;
  readonly confidence: Confidence | null;
  readonly agreement: AgreementStatus | null;
  readonly coverage: Coverage | null;
  readonly comparisons: readonly Comparison[];
  readonly invariants: readonly InvariantResult[];
  readonly explained: {
    readonly explained: number;
    readonly unexplained: number;
    readonly notSearched: number;
  };
  readonly shadowDigest: string | null;
  readonly historyDigest: string | null;
  readonly diffDigest: string | null;
  readonly partitions: readonly {
    readonly partition: number;
    readonly from: string;
    readonly to: string;
    readonly cursor: string;
  }[];
  readonly requestedBy: string;
  readonly reason: string;
  /** Who called it off, and why; null where it ended otherwise. */
  readonly cancellation: { readonly by: string; readonly reason: string } | null;
  /** SHA-256 of the remarks: what was said in words, kept beside the record. */
  readonly remarksDigest: string;
  /** By internal ids. `void`: why a decision did not count any more; null where it did. */
  readonly approvals: readonly {
    readonly by: string;
    readonly at: string;
    readonly verdict: 'approved' | 'rejected';
    readonly void: string | null;
    readonly reason: string;
  }[];
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string;
  readonly software: Readonly<Record<string, string>>;
};

type Subject = { readonly name: string; readonly digest: { readonly sha256: string } };

/**
 * The record of a replay as an in-toto Statement v1. It names no key, carries no payload and quotes nobody, no
 * exception either: nothing in it may ever have to be erased. What was said in words it names by digest.
 */
export function replayStatement(facts: ReplayFacts) {
  const subject: Subject[] = [];
  const add = (name: string, sha256: string | null) => {
    if (sha256 !== null) subject.push({ name, digest: { sha256 } });
  };
  add('plan', facts.planHash);
  add('shadow-state', facts.shadowDigest);
  add('diff', facts.diffDigest);
  // in-toto asks for at least one subject; a replay that was refused before it had a plan is about its contract.
  if (subject.length === 0) add('contract-bundle', facts.contract.bundleDigest);
  return { _type: statementType, subject, predicateType: replayPredicateType, predicate: predicateOf(facts) };
}

function predicateOf(facts: ReplayFacts) {
  return {
    replay_id: facts.replayId,
    status: facts.status,
    failure: facts.failure === null ? null : { code: facts.failure.code },
    contract: withoutAuthors(facts.contract),
    plan: facts.plan === null ? null : withoutKeys(facts.plan),
    plan_hash: facts.planHash,
    events_processed: eventsProcessed(facts.counters),
    duplicates_skipped: facts.counters.duplicates,
    conflicting_duplicates: facts.counters.conflictingDuplicates,
    projections_changed: projectionsChanged(facts.comparisons),
    reconciliation_failures: reconciliationFailures(facts.invariants),
    confidence_status: facts.confidence?.status ?? null,
    confidence_reasons: facts.confidence?.reasons ?? [],
    agreement: facts.agreement,
    coverage: facts.coverage,
    counters: facts.counters,
    findings: Object.fromEntries([...facts.findings].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ranges: facts.partitions,
    digests: { shadow_state: facts.shadowDigest, history: facts.historyDigest, diff: facts.diffDigest },
    comparisons: facts.comparisons.map(({ problem: _, ...rest }) => rest),
    invariants: facts.invariants.map(({ failingKeys: _, problem: __, ...rest }) => rest),
    explained: facts.explained,
    approvals: facts.approvals.map(({ reason: _, ...rest }) => rest),
    requested_by: facts.requestedBy,
    cancelled_by: facts.cancellation?.by ?? null,
    remarks: { sha256: facts.remarksDigest },
    times: { requested_at: facts.requestedAt, started_at: facts.startedAt, ended_at: facts.endedAt },
    software: facts.software,
    does_not_prove: doesNotProve(facts),
  };
}

/** Authors are names of people; the bundle's digest says whose version it is. */
function withoutAuthors(contract: ReplayFacts['contract']) {
  if (contract.description === null) return { ...contract, description: null };
  const { authors: _, ...description } = contract.description;
  return { ...contract, description };
}

/** A key may name a person: a scope by keys stands here with their number, and the plan hash covers them. */
function withoutKeys(plan: Plan) {
  const { scope, ...rest } = plan;
  return {
    ...rest,
    scope: scope.kind === 'keys' ? { kind: scope.kind, key_count: scope.keys.length } : scope,
  };
}

/** Keys whose live value differs from history, per derived state and in total. */
function projectionsChanged(comparisons: readonly Comparison[]) {
  const by = Object.fromEntries(
    comparisons.map((each) => [each.derivedState, each.missing + each.extra + each.different]),
  );
  return { total: Object.values(by).reduce((sum, each) => sum + each, 0), by_derived_state: by };
}

/** Failed invariants over the replayed state; those over live stores belong to agreement. */
export function reconciliationFailures(invariants: readonly InvariantResult[]): number {
  return invariants.filter((each) => each.over !== 'sql' && each.outcome === 'failed').length;
}

/** What a reader might take this record to prove, and it does not. Computed from what is so. */
function doesNotProve(facts: ReplayFacts): readonly string[] {
  const sentences = [
    'That the history itself is true: it proves what follows from the history, not what happened in the world.',
  ];
  if (facts.status !== 'finished')
    sentences.push(`Anything about the states: the replay ended as ${facts.status}.`);
  if (facts.coverage?.kind === 'part')
    sentences.push(`Anything outside its scope. ${facts.coverage.sentence}`);
  const beganLater = facts.plan === null ? null : whatBeganLater(facts.plan);
  if (beganLater !== null)
    sentences.push(`Anything that follows from events before its beginning. ${beganLater}`);
  if (facts.comparisons.length > 0) {
    sentences.push(
      'That live states are still as they were: they were read once, at the positions named here.',
    );
  }
  for (const each of facts.comparisons) {
    if (each.outcome === 'could-not-compare')
      sentences.push(`Anything about ${each.derivedState}: it could not be compared.`);
    if (each.mode === 'settled') {
      sentences.push(
        `That ${each.derivedState} was read at an exact position: it has none, and was compared after it had settled.`,
      );
    }
  }
  const notRun = facts.invariants.filter((each) => each.outcome === 'could-not-run');
  for (const each of notRun) sentences.push(`That ${each.name}: it could not be run.`);
  for (const each of facts.invariants) {
    if (each.outcome !== 'not-applicable') continue;
    sentences.push(`That ${each.name} holds for every key together: the scope holds part of the keys.`);
  }
  if (facts.counters.erased > 0) {
    sentences.push(`What erased subjects' data was: ${facts.counters.erased} events were folded without it.`);
  }
  if (facts.counters.quarantined > 0)
    sentences.push(`What ${facts.counters.quarantined} quarantined events would have done.`);
  sentences.push('That nobody changed this record since: it is not signed.');
  return sentences;
}

export type ReplayStatement = ReturnType<typeof replayStatement>;

/** The bytes that are hashed, stored and served: canonical JSON (RFC 8785) in UTF-8. */
export function statementText(statement: ReplayStatement): string {
  return canonicalJson(statement);
}
