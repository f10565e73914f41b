import type { IncidentClass } from '../contract/index.ts';
import type { EntryKind, IncidentKind } from '../incident/index.ts';
import type { Scope } from '../replay/index.ts';
import type { Spent } from './spent-words.ts';

/** Why a fact has no value: nobody measured it, or nobody wrote anything about it. */
export type Absent = 'not-measured' | 'nothing-on-record';

/** One figure, as it was read from rows, and where it can be looked up. */
export type Fact = {
  readonly label: string;
  /** null: it is not to be had, as `absent` says. */
  readonly value: string | null;
  readonly absent: Absent | null;
  /** A page of Reprise. */
  readonly href: string | null;
};

export type TimelineFact = {
  readonly entryId: string;
  readonly at: string;
  readonly kind: EntryKind;
  readonly actor: string;
  /** What somebody wrote, word for word; empty where nobody wrote anything. */
  readonly text: string;
  readonly evidenceId: string | null;
  /** Of a change of class: which it was, and which it became. Facts of before have neither this nor the next two. */
  readonly classes?: { readonly from: string; readonly to: string };
  /** Of an assignment: to whom; null: to nobody. */
  readonly assignee?: string | null;
  /** What was said instead of it later, and instead of that; the last one stands. Left out where nothing was. */
  readonly corrections?: readonly {
    readonly entryId: string;
    readonly at: string;
    readonly actor: string;
    readonly text: string;
  }[];
};

export type EvidenceFact = {
  readonly evidenceId: string;
  readonly kind: string;
  readonly status: string;
  readonly confidence: string | null;
  readonly agreement: string | null;
  /** SHA-256 of the record. */
  readonly digest: string;
  readonly recordedAt: string;
};

export type RunFact = {
  readonly runId: string;
  readonly title: string;
  /** SHA-256 of the file that was run. */
  readonly digest: string;
  readonly status: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly attempts: readonly {
    readonly step: string;
    readonly title: string;
    readonly action: string | null;
    readonly status: string;
    readonly by: string;
    readonly startedAt: string;
    readonly endedAt: string | null;
    /**
     * What a person wrote at a step that they did by hand. What an action says may name a key, and nobody could erase
     * it here: it stands with the attempt. Facts of before may hold it.
     */
    readonly sentence?: string;
    readonly evidenceId: string | null;
  }[];
};

/** Milliseconds; null: it was not measured. docs/reviews.md says between which instants. */
export type ReviewFigures = {
  readonly detectMs: number | null;
  readonly acknowledgeMs: number | null;
  readonly recoverMs: number | null;
};

/** What rows say of an incident, frozen with the review. Times ISO 8601, people ids. */
export type ReviewFacts = {
  readonly incident: {
    readonly id: string;
    readonly title: string;
    readonly kind: IncidentKind;
    readonly cause: string;
    readonly class: IncidentClass;
    readonly contractId: string | null;
    readonly beganAt: string;
    readonly openedAt: string;
    readonly acknowledgedAt: string | null;
    readonly recoveredAt: string | null;
    readonly reopened: number;
  };
  readonly figures: ReviewFigures;
  readonly impact: readonly Fact[];
  readonly detection: readonly Fact[];
  readonly history: readonly Fact[];
  readonly timeline: readonly TimelineFact[];
  readonly evidence: readonly EvidenceFact[];
  readonly runs: readonly RunFact[];
  /** How much of it is not here, because it would be too long. Left out where all of it is. */
  readonly leftOut?: LeftOut;
};

/** Lines of the timeline that were starred, and records. */
export type LeftOut = { readonly timeline: number; readonly evidence: number };

/** A record of a replay that was compared with live states. */
export type ReplayRow = {
  readonly evidenceId: string;
  readonly replayId: string | null;
  readonly contractId: string;
  readonly confidence: string | null;
  readonly agreement: string | null;
  readonly recordedAt: string;
  readonly coverageKind: string | null;
  /** What was asked for; null: it is not known any more. */
  readonly scope: Scope | null;
  readonly eventsProcessed: number | null;
  /** Rows whose live state differed from history. A key counts once in each derived state that is wrong. */
  readonly differing: number;
};

/** Live minus history of one field, summed up over all rows that differ on it. Decimal text. */
export type Amount = {
  readonly derivedState: string;
  readonly field: string;
  readonly rows: number;
  readonly sum: string;
  /** Of the differences without their signs: what is too much here does not make up for what is missing there. */
  readonly size: string;
};

/** By how much rows differed in the replay that found most of them. */
export type Differences = {
  readonly keys: number;
  /** Of fields that the contract shows to everybody. */
  readonly amounts: readonly Amount[];
  /** How many fields with figures differ and are hidden by the contract, or were described before it said so. */
  readonly hidden: number;
};

/** What a draft is computed from. */
export type ReviewRows = {
  readonly incident: Omit<ReviewFacts['incident'], never> & {
    readonly clockFrom: string;
    readonly openedBy: string;
    /** What its signal said, with its words. */
    readonly facts: Readonly<Record<string, string>>;
    readonly recoveryEvidenceId: string | null;
    readonly recoveryReason: string | null;
  };
  /** Of the timeline, in order, what was starred. */
  readonly starred: readonly TimelineFact[];
  /** In the order in which they were recorded. */
  readonly records: readonly EvidenceFact[];
  readonly leftOut: LeftOut;
  /** All of them, in the order in which they were recorded. */
  readonly replays: readonly ReplayRow[];
  /** Of the replay that `proving` names. */
  readonly invariants: readonly { readonly name: string; readonly outcome: string }[];
  /** Of the replay that `worstOf` names; null: there is none. */
  readonly differences: Differences | null;
  /** Of the contract, while it lasted; null: it is of no contract, or nothing was measured then. */
  readonly spent: readonly Spent[] | null;
  /** Rows that promotions wrote into live states. */
  readonly written: { readonly promotions: number; readonly rows: number };
  readonly runs: readonly RunFact[];
};
