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
} from '../replay/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Sha256 } from '../shared/digests.ts';
import { RepriseError } from '../shared/errors.ts';
import { type CutPart, Cuts, utf8Bytes } from './cuts.ts';
import { doesNotProve } from './does-not-prove.ts';
import { countComparisons, countInvariants, reconciliationFailures } from './outcome-counts.ts';
import { replayPredicateType, statementType } from './predicate-types.ts';
import { changesShown, comparisonsShown, contractShown, invariantsShown, planShown } from './shown.ts';

/** What leaves a record behind. */
export const evidenceKinds = [
  'replay',
  'promotion',
  'approval',
  'runbook-step',
  'review',
  'break-glass',
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

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
  /** How many of the quarantined records the plan waives. */
  readonly waivedQuarantine: number;
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
  /** What archive and log both held of a partition and was compared, of each that begins in an archive. */
  readonly seams: readonly {
    readonly partition: number;
    readonly from: string;
    readonly to: string;
    readonly events: number;
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
  /** Who let it run without its approvals; null where nobody did. People are internal ids. */
  readonly breakGlass: BreakGlassFact | null;
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string;
  readonly software: Readonly<Record<string, string>>;
};

/** An incident of its own: two people who let something run without its approvals, and why each did. */
export type BreakGlassFact = {
  readonly incident: string;
  readonly by: readonly string[];
  readonly at: string;
  readonly reasons: readonly string[];
};

/** As a record shows it: the reasons stand in the remarks. */
export const glassShown = (fact: BreakGlassFact | null) =>
  fact === null ? null : { incident: fact.incident, by: fact.by, at: fact.at };

export type Subject = { readonly name: string; readonly digest: { readonly sha256: string } };

/** The whole of a part that a record shows the beginning of: canonical JSON, named in the record by its digest. */
export type Attachment = { readonly name: string; readonly text: string; readonly sha256: string };

/**
 * A leaf of the log is under 48 KiB, since tiles prefix an entry with 16 bits of length. A leaf is the statement's
 * envelope (DSSE): its base64, which takes four bytes for three, and up to 1,000 bytes of type and signatures.
 */
export const statementMaxBytes = 36_000;

export type ReplayRecord = {
  readonly statement: ReplayStatement;
  readonly attachments: readonly Attachment[];
};

/** What a verdict is read from is shown longest. */
const dearParts: ReadonlySet<string> = new Set([
  'contract.description',
  'comparisons',
  'invariants',
  'approvals',
  'does_not_prove',
]);

/**
 * The record of a replay as an in-toto Statement v1, never longer than `statementMaxBytes`. It names no key, carries
 * no payload and quotes nobody, no exception either: nothing in it may ever have to be erased. What was said in words
 * it names by digest. What makes it too long it shows the beginning of, with how much there is, and names by digest.
 */
export function replayRecord(facts: ReplayFacts, sha256: Sha256): ReplayRecord {
  return cutToFit({
    cuts: new Cuts(dearParts),
    predicateOf: (cuts) => predicateOf(facts, cuts),
    statementOf: (predicate) => statementOf(facts, predicate),
    what: `replay ${facts.replayId}`,
    sha256,
  });
}

type Fitting<P extends object, S> = {
  readonly cuts: Cuts;
  readonly predicateOf: (cuts: Cuts) => P;
  readonly statementOf: (predicate: P & { readonly attachments: readonly CutPart[] }) => S;
  /** For the error where nothing more can be cut. */
  readonly what: string;
  readonly sha256: Sha256;
};

/** A record that fits a leaf of the log, with what it does not show in full beside it. */
export function cutToFit<P extends object, S>(
  fitting: Fitting<P, S>,
): { readonly statement: S; readonly attachments: readonly Attachment[] } {
  let { cuts } = fitting;
  for (;;) {
    const record = recordWithin(fitting, cuts);
    if (record !== null) return record;
    const less = cuts.less();
    if (less === null)
      throw tooLong(fitting.statementOf({ ...fitting.predicateOf(cuts), attachments: [] }), fitting.what);
    cuts = less;
  }
}

/** The record with no more than these cuts show; null where it is too long. */
function recordWithin<P extends object, S>(
  { predicateOf, statementOf, sha256 }: Fitting<P, S>,
  cuts: Cuts,
): { readonly statement: S; readonly attachments: readonly Attachment[] } | null {
  const predicate = predicateOf(cuts);
  // Its parts alone are too long: that is known without another serialisation of it all.
  if (cuts.bytes > statementMaxBytes) return null;
  const cut = cuts.cut().map((part) => ({ ...part, sha256: sha256(part.text) }));
  const named = cut.map(({ text, ...part }): CutPart => ({ ...part, bytes: utf8Bytes(text) }));
  const statement = statementOf({ ...predicate, attachments: named });
  if (utf8Bytes(canonicalJson(statement)) > statementMaxBytes) return null;
  return { statement, attachments: cut.map(({ of, text, sha256 }) => ({ name: of, text, sha256 })) };
}

function statementOf(facts: ReplayFacts, predicate: ReplayPredicate) {
  const subject: Subject[] = [];
  const add = (name: string, sha256: string | null) => {
    if (sha256 !== null) subject.push({ name, digest: { sha256 } });
  };
  add('plan', facts.planHash);
  add('shadow-state', facts.shadowDigest);
  add('diff', facts.diffDigest);
  // in-toto asks for at least one subject; a replay that was refused before it had a plan is about its contract.
  if (subject.length === 0) add('contract-bundle', facts.contract.bundleDigest);
  return { _type: statementType, subject, predicateType: replayPredicateType, predicate };
}

type ReplayPredicate = ReturnType<typeof predicateOf> & { readonly attachments: readonly CutPart[] };
export type ReplayStatement = ReturnType<typeof statementOf>;

function predicateOf(facts: ReplayFacts, cuts: Cuts) {
  return {
    replay_id: facts.replayId,
    status: facts.status,
    failure: facts.failure === null ? null : { code: facts.failure.code },
    contract: contractShown(facts.contract, cuts),
    plan: facts.plan === null ? null : planShown(facts.plan, cuts),
    plan_hash: facts.planHash,
    events_processed: eventsProcessed(facts.counters),
    duplicates_skipped: facts.counters.duplicates,
    conflicting_duplicates: facts.counters.conflictingDuplicates,
    projections_changed: changesShown(facts.comparisons, cuts),
    reconciliation_failures: reconciliationFailures(facts.invariants),
    confidence_status: facts.confidence?.status ?? null,
    confidence_reasons: facts.confidence?.reasons ?? [],
    agreement: facts.agreement,
    coverage: facts.coverage,
    counters: facts.counters,
    waived_quarantined: facts.waivedQuarantine,
    findings: Object.fromEntries([...facts.findings].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ranges: cuts.list('ranges', facts.partitions),
    seams: cuts.list('seams', facts.seams),
    digests: { shadow_state: facts.shadowDigest, history: facts.historyDigest, diff: facts.diffDigest },
    comparisons: comparisonsShown(facts.comparisons, cuts),
    comparison_outcomes: countComparisons(facts.comparisons),
    invariants: invariantsShown(facts.invariants, cuts),
    invariant_outcomes: countInvariants(facts.invariants),
    explained: facts.explained,
    approvals: cuts.list(
      'approvals',
      facts.approvals.map(({ reason: _, ...rest }) => rest),
    ),
    break_glass: glassShown(facts.breakGlass),
    requested_by: facts.requestedBy,
    cancelled_by: facts.cancellation?.by ?? null,
    remarks: { sha256: facts.remarksDigest },
    times: { requested_at: facts.requestedAt, started_at: facts.startedAt, ended_at: facts.endedAt },
    software: facts.software,
    does_not_prove: cuts.list('does_not_prove', doesNotProve(facts)),
  };
}

/** The bytes that are hashed, stored and served: canonical JSON (RFC 8785) in UTF-8. Throws where they are too long. */
export function statementText(statement: object): string {
  const text = canonicalJson(statement);
  if (utf8Bytes(text) > statementMaxBytes) throw tooLong(statement, 'this');
  return text;
}

/** Nothing of a record is left out unsaid: what can't be cut is an error, which names the field that takes the most. */
function tooLong(statement: unknown, what: string): RepriseError {
  const bytes = utf8Bytes(canonicalJson(statement));
  const largest = largestField(statement, '');
  return new RepriseError(
    'internal',
    `The record of ${what} has ${bytes} bytes and can't be cut to the ${statementMaxBytes} that fit a leaf of the log: ${largest.name} alone has ${largest.bytes}.`,
    { where: largest.name },
  );
}

function largestField(value: unknown, name: string): { readonly name: string; readonly bytes: number } {
  const whole = { name, bytes: utf8Bytes(canonicalJson(value)) };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return whole;
  const fields = Object.entries(value).map(([key, field]) =>
    largestField(field, name === '' ? key : `${name}.${key}`),
  );
  return fields.reduce((largest, each) => (each.bytes > largest.bytes ? each : largest), {
    ...whole,
    bytes: 0,
  });
}
