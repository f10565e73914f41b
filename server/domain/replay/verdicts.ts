import { counted, grouped } from '../shared/counted.ts';
import type { Counters, FindingKind } from './counters.ts';
import type { HistoryState, PlanRange } from './plan-types.ts';
import type { AgreementStatus, Confidence, ConfidenceReason, Coverage } from './verdict-types.ts';

/** What confidence follows from. Everything here stands in the evidence record, so that anybody can recompute it. */
export type ConfidenceFacts = {
  readonly counters: Pick<
    Counters,
    'absentMissing' | 'absentCompacted' | 'quarantined' | 'conflictingDuplicates' | 'erasedReads'
  >;
  readonly findings: ReadonlyMap<FindingKind, number>;
  /** The contract declares that F keeps only the last value of a key. */
  readonly compactionDeclaredHarmless: boolean;
  /** Offsets of quarantined events that an approved waiver names. */
  readonly waivedQuarantine: number;
  /** Invariants over the replayed state; those over live stores belong to agreement. */
  readonly invariants: { readonly failed: number; readonly couldNotRun: number };
};

const untrusting: readonly ConfidenceReason[] = [
  'history-missing',
  'history-compacted',
  'not-deterministic',
  'quarantined',
];

/** Whether the replayed state can be believed, and every reason why not. */
export function assessConfidence(facts: ConfidenceFacts): Confidence {
  const found = (kind: FindingKind) => (facts.findings.get(kind) ?? 0) > 0;
  const reasons: ConfidenceReason[] = [];
  const add = (when: boolean, reason: ConfidenceReason) => {
    if (when) reasons.push(reason);
  };
  add(facts.counters.absentMissing > 0 || found('missing-history'), 'history-missing');
  add(facts.counters.absentCompacted > 0 && !facts.compactionDeclaredHarmless, 'history-compacted');
  add(found('not-deterministic'), 'not-deterministic');
  add(facts.counters.quarantined > facts.waivedQuarantine, 'quarantined');
  add(facts.invariants.failed > 0, 'invariant-failed');
  add(facts.invariants.couldNotRun > 0, 'invariant-not-run');
  add(facts.counters.conflictingDuplicates > 0 || found('conflicting-duplicate'), 'conflicting-duplicate');
  add(found('key-in-two-partitions'), 'key-in-two-partitions');
  add(facts.counters.erasedReads > 0, 'erased-subject-changes-state');
  return { status: statusOf(reasons), reasons };
}

function statusOf(reasons: readonly ConfidenceReason[]): Confidence['status'] {
  if (reasons.some((reason) => untrusting.includes(reason))) return 'untrusted';
  return reasons.length > 0 ? 'suspect' : 'trusted';
}

/** What agreement follows from: each comparison's outcome, and the invariants that look at live stores. */
export type AgreementFacts = {
  readonly comparisons: readonly {
    readonly outcome: 'equal' | 'behind' | 'different' | 'could-not-compare';
  }[];
  readonly liveInvariants: { readonly failed: number; readonly couldNotRun: number };
};

/**
 * Whether the live states equal the replayed one. The worst answer wins, and a state that could not be compared
 * keeps the whole from being called equal.
 */
export function assessAgreement(facts: AgreementFacts): AgreementStatus {
  const has = (outcome: AgreementFacts['comparisons'][number]['outcome']) =>
    facts.comparisons.some((each) => each.outcome === outcome);
  if (has('different') || facts.liveInvariants.failed > 0) return 'different';
  if (facts.comparisons.length === 0 || has('could-not-compare') || facts.liveInvariants.couldNotRun > 0) {
    return 'not-compared';
  }
  return has('behind') ? 'behind' : 'equal';
}

/**
 * What part of the history a set of ranges covers, with a sentence that can't be read as more than it is. A topic begins
 * at offset 0, also where retention has taken its beginning: what an archive holds of that counts, and so does what is
 * gone of a partition that was not read.
 */
export function describeCoverage(
  history: Pick<HistoryState, 'kind' | 'partitions'>,
  ranges: readonly Pick<PlanRange, 'partition' | 'from' | 'to' | 'archiveUntil'>[],
  options: {
    readonly keysOnly: number | null;
    readonly hasBase: boolean;
    /** Where the fold began later than the history did, as a sentence. */
    readonly beganLater: string | null;
    /** Where what can be had of a partition begins, by an archive; where it is left out, at the start of its log. */
    readonly beginnings?: ReadonlyMap<number, bigint>;
    /** Counts from the start of the log on, whatever an archive holds, as records did once. */
    readonly ofLogAlone?: boolean;
  },
): Coverage {
  let ofOffsets = 0n;
  let covered = 0n;
  let whole = 0;
  for (const partition of history.partitions) {
    const range = ranges.find((each) => each.partition === partition.partition);
    const logStart = BigInt(partition.logStart);
    const end = BigInt(partition.lastStable);
    const beginning = range === undefined ? options.beginnings?.get(partition.partition) : BigInt(range.from);
    const start =
      options.ofLogAlone === true || beginning === undefined || history.kind === 'postgres'
        ? logStart
        : min(beginning, logStart);
    ofOffsets += end - start;
    if (!range) {
      // Nothing has ever been in it.
      if (end === (history.kind === 'postgres' ? start : 0n)) whole += 1;
      continue;
    }
    const from = options.hasBase ? start : max(BigInt(range.from), start);
    const to = min(BigInt(range.to), end);
    if (to > from) covered += to - from;
    if (from <= start && to >= end) whole += 1;
  }
  const kind = whole === history.partitions.length && options.keysOnly === null ? 'whole' : 'part';
  return {
    kind,
    partitions: { covered: whole, of: history.partitions.length },
    offsets: { covered: covered.toString(), of: ofOffsets.toString() },
    sentence: [
      history.kind === 'postgres'
        ? tableSentence(kind, covered, ofOffsets, options)
        : coverageSentence(kind, covered, ofOffsets, whole, history.partitions.length, options),
      ...(options.beganLater === null ? [] : [options.beganLater]),
    ].join(' '),
  };
}

function coverageSentence(
  kind: Coverage['kind'],
  covered: bigint,
  of: bigint,
  whole: number,
  partitions: number,
  { keysOnly, beganLater }: { readonly keysOnly: number | null; readonly beganLater: string | null },
): string {
  if (kind === 'whole')
    return `${beganLater === null ? 'The whole history' : 'All that was left of the history'} at planning: ${counted(of, 'offset')} in ${counted(partitions, 'partition')}.`;
  if (keysOnly !== null) return keysSentence(keysOnly);
  return `${grouped(covered)} of ${counted(of, 'offset')}, ${grouped(whole)} of ${counted(partitions, 'partition')} in full: it proves nothing about the rest.`;
}

/**
 * An event table has one order and positions from a sequence, which skips some after a crash or a rolled-back
 * transaction: how many events they hold is known once they were read.
 */
function tableSentence(
  kind: Coverage['kind'],
  covered: bigint,
  of: bigint,
  { keysOnly }: { readonly keysOnly: number | null },
): string {
  if (kind === 'whole')
    return `The whole history at planning: ${counted(of, 'position')}, which may have gaps.`;
  if (keysOnly !== null) return keysSentence(keysOnly);
  return `${grouped(covered)} of ${counted(of, 'position')}, which may have gaps: it proves nothing about the rest.`;
}

/** What a coverage in positions comes to, once the events are counted. */
export function withDelivered(coverage: Coverage, delivered: number): Coverage {
  const sentence = `${coverage.sentence} ${counted(delivered, 'event')} ${delivered === 1 ? 'was' : 'were'} delivered.`;
  return { ...coverage, sentence };
}

const keysSentence = (keys: number) => `Only ${counted(keys, 'key')}: it proves nothing about any other key.`;
const max = (a: bigint, b: bigint) => (a > b ? a : b);
const min = (a: bigint, b: bigint) => (a < b ? a : b);
