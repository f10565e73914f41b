import type { Listed } from '../../domain/evidence/index.ts';
import type {
  Comparison,
  DiscrepancyKind,
  Explanation,
  FieldDifference,
  InvariantResult,
} from '../../domain/reconciliation/index.ts';
import type { AgreementStatus, Finding, FindingKind, Waiver } from '../../domain/replay/index.ts';
import type { Lease, PlacedShadowRow } from './replay-store.ts';
import type { Transaction } from './unit-of-work.ts';

export type DiscrepancyRow = {
  readonly key: string;
  readonly partition: number;
  readonly kind: DiscrepancyKind;
  readonly fields: readonly FieldDifference[];
  readonly magnitude: number;
};

export type NewEvidence = Omit<Listed, 'replayId' | 'agreement' | 'approvedBy' | 'generated'> & {
  readonly id: string;
  /** The bytes that are hashed and served. */
  readonly statement: Uint8Array;
  readonly digest: string;
  /** null: it is of no replay. */
  readonly replayId: string | null;
  readonly agreement: AgreementStatus | null;
};

/** How often in a row a replay has waited without a checkpoint in between, and how often of these for a lasting fault. */
export type Tries = { readonly retries: number; readonly lasting: number };

export type ExplainedKey = {
  readonly derivedState: string;
  readonly key: string;
  readonly explanation: Explanation;
};

/** The phases of a replay as a whole: what merging, comparing, explaining, checking and recording leave behind. */
export interface ResultStore {
  /** Takes the replay as a whole; null where another holds it, or there is nothing to do. */
  claimPhase(tx: Transaction, replayId: string, owner: string, leaseMs: number): Promise<Lease | null>;
  /** Prolongs the lease and locks the row until the transaction ends; false where the lease has passed on. */
  holdPhase(tx: Transaction, replayId: string, lease: Lease, leaseMs: number): Promise<boolean>;
  releasePhase(tx: Transaction, replayId: string, lease: Lease): Promise<void>;
  /** Takes every partition away from whoever folds it: their commits are refused from now on. */
  fenceFolds(tx: Transaction, replayId: string): Promise<void>;
  /**
   * Notes a fault, to be tried again after 1, 2, 4 … 30 seconds. What several threads report of one attempt counts once.
   */
  setProblem(
    tx: Transaction,
    replayId: string,
    problem: { readonly sentence: string; readonly lasting: boolean },
  ): Promise<Tries>;
  /** It goes on, as every checkpoint says. Answers whether a fault had been noted. */
  clearProblem(tx: Transaction, replayId: string): Promise<boolean>;

  /** Keys that stand in more than one partition, with the partitions, in key order. */
  keysInTwoPartitions(
    tx: Transaction,
    replayId: string,
  ): AsyncIterable<readonly { readonly key: string; readonly partitions: readonly number[] }[]>;
  /** The whole shadow state in byte order of the key. A key in two partitions comes once a partition. */
  shadowInKeyOrder(tx: Transaction, replayId: string): AsyncIterable<readonly PlacedShadowRow[]>;
  shadowOf(tx: Transaction, replayId: string, keys: readonly string[]): Promise<readonly PlacedShadowRow[]>;
  /** Keys of a partition that an event at or after this offset has touched. */
  keysTouchedSince(
    tx: Transaction,
    replayId: string,
    partition: number,
    offset: bigint,
  ): AsyncIterable<readonly string[]>;
  /** Keys whose events, or other deliveries of their ids, stand in several partitions, after merging. */
  spreadKeys(tx: Transaction, replayId: string): Promise<readonly string[]>;
  /** Puts these rows in the place of all rows of their keys. */
  replaceShadow(
    tx: Transaction,
    replayId: string,
    rows: readonly PlacedShadowRow[],
    gone: readonly string[],
  ): Promise<void>;
  addFindings(
    tx: Transaction,
    replayId: string,
    partition: number,
    findings: readonly Finding[],
    counts: ReadonlyMap<FindingKind, number>,
  ): Promise<void>;
  /** Takes back findings about single records, and their counts: what was found there was not so. */
  removeFindings(
    tx: Transaction,
    replayId: string,
    places: readonly { readonly kind: FindingKind; readonly partition: number; readonly offset: string }[],
  ): Promise<void>;
  findingTotals(tx: Transaction, replayId: string): Promise<ReadonlyMap<FindingKind, number>>;
  /** How many of these records the replay has quarantined, as far as its findings are kept in detail. */
  quarantinedAmong(tx: Transaction, replayId: string, waivers: readonly Waiver[]): Promise<number>;

  /** Removes what an earlier attempt left of this comparison. */
  clearComparison(tx: Transaction, replayId: string, derivedState: string): Promise<void>;
  insertDiscrepancies(
    tx: Transaction,
    replayId: string,
    derivedState: string,
    rows: readonly DiscrepancyRow[],
  ): Promise<void>;
  discrepancyKeys(tx: Transaction, replayId: string, derivedState: string): AsyncIterable<readonly string[]>;
  deleteDiscrepancies(
    tx: Transaction,
    replayId: string,
    derivedState: string,
    keys: readonly string[],
  ): Promise<void>;
  discrepanciesInKeyOrder(
    tx: Transaction,
    replayId: string,
    derivedState: string,
  ): AsyncIterable<readonly DiscrepancyRow[]>;
  saveComparison(tx: Transaction, replayId: string, comparison: Comparison): Promise<void>;
  comparisons(tx: Transaction, replayId: string): Promise<readonly Comparison[]>;
  differingKeys(tx: Transaction, replayId: string): Promise<number>;

  /** The largest discrepancies of a derived state. */
  largest(
    tx: Transaction,
    replayId: string,
    derivedState: string,
    limit: number,
  ): Promise<readonly DiscrepancyRow[]>;
  explain(tx: Transaction, replayId: string, explained: readonly ExplainedKey[]): Promise<void>;
  /** What explains a key's differences, by derived state. */
  explanationsOf(
    tx: Transaction,
    replayId: string,
    key: string,
  ): Promise<readonly (readonly [string, Explanation])[]>;
  /** Gives every discrepancy that has no explanation this one; answers how many. */
  explainRest(tx: Transaction, replayId: string, explanation: Explanation): Promise<number>;
  explanationCounts(
    tx: Transaction,
    replayId: string,
  ): Promise<{ readonly explained: number; readonly unexplained: number; readonly notSearched: number }>;

  saveInvariants(tx: Transaction, replayId: string, results: readonly InvariantResult[]): Promise<void>;
  invariants(tx: Transaction, replayId: string): Promise<readonly InvariantResult[]>;

  /** Whether every partition is folded to its end: until then nothing says which events the projection has refused. */
  isFolded(tx: Transaction, replayId: string): Promise<boolean>;
  requestTrace(tx: Transaction, replayId: string, key: string): Promise<boolean>;
  /**
   * Marks as read by `reader`, and answers, at most `limit` keys: those that are queued, those that it had taken before
   * it was begun again, and those that their reader has not held for a minute.
   */
  takeTraces(tx: Transaction, replayId: string, reader: string, limit: number): Promise<readonly string[]>;
  /** Says that what a reader has taken is still being read. */
  holdTraces(tx: Transaction, replayId: string, reader: string): Promise<void>;
  saveTraces(
    tx: Transaction,
    replayId: string,
    traces: readonly { readonly key: string; readonly steps: readonly object[] }[],
  ): Promise<void>;
  /** Of these keys those that this reader still has: what another reads by now may well be ready. */
  failTraces(
    tx: Transaction,
    replayId: string,
    reader: string,
    keys: readonly string[],
    problem: string,
  ): Promise<void>;
  /** Fails all that this reader has taken of a replay. */
  failReading(tx: Transaction, replayId: string, reader: string, problem: string): Promise<void>;

  insertEvidence(tx: Transaction, evidence: NewEvidence): Promise<void>;
  /** Keeps bytes beside a record that names their digest. They can be erased; the record can't. */
  attach(
    tx: Transaction,
    evidenceId: string,
    attachment: { readonly name: string; readonly digest: string; readonly content: Uint8Array },
  ): Promise<void>;
}

export type { PlacedShadowRow };
