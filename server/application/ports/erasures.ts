import type { ErasedCounts, ErasureKind } from '../../domain/erasure/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** What is looked for: everything, or what is of these keys or names them. null: everything. */
export type Match = ReadonlySet<string> | null;

/** A replay that has ended, and why nothing of it may be erased now; null: it may. */
export type Erasable = {
  readonly replayId: string;
  readonly contractId: string;
  readonly blockedBy: string | null;
};

export type NewErasure = {
  readonly id: string;
  readonly runId: string;
  readonly kind: ErasureKind;
  readonly contractId: string;
  readonly replayId: string;
  readonly olderThanDays: number | null;
  readonly reason: string;
  readonly erasedBy: string;
  readonly salt: Uint8Array;
  /** SHA-256 of the salt and a key, of each. */
  readonly keyHashes: readonly string[];
};

/** A record of no replay, beside which something stands that may be erased. */
export type StepRecord = { readonly evidenceId: string; readonly contractId: string };

/** A step of a runbook that was asked for and has not ended. */
export type RunningStep = { readonly runId: string; readonly step: string };

/** What was found, or erased, of a replay. */
export type Erased = {
  readonly counts: ErasedCounts;
  /** Whose rows are among it. */
  readonly promotions: readonly string[];
  /** The record's id, a slash and the name, of each. */
  readonly attachments: readonly string[];
};

/** Erases, as the owner of the tables. What lets it pass the rules is the row that `begin` writes. */
export interface ErasureStore {
  /** Why this role can't erase; null: it can. And which it is. */
  owner(tx: Transaction): Promise<{ readonly role: string; readonly whyNot: string | null }>;
  hasContract(tx: Transaction, contractId: string): Promise<boolean>;
  /** Ended so many days ago, with all that stands on them, and not erased by age yet; the oldest first. */
  olderThan(tx: Transaction, days: number, contractId: string | null): Promise<readonly Erasable[]>;
  /** Of those that have ended, the ones that may hold or name one of these keys: `find` says whether they do. */
  mayHold(tx: Transaction, contractId: string, keys: ReadonlySet<string>): Promise<readonly Erasable[]>;
  /** Ids of replays of a contract that have not ended. */
  running(tx: Transaction, contractId: string): Promise<readonly string[]>;

  find(tx: Transaction, replayId: string, match: Match): Promise<Erased>;
  /** Throws RepriseError replay-state-conflict where something waits or runs on the replay. */
  begin(tx: Transaction, erasure: NewErasure): Promise<void>;
  /** Erases what `find` finds. */
  erase(tx: Transaction, replayId: string, match: Match): Promise<Erased>;
  /** What it came to, in the row that `begin` has written. */
  note(tx: Transaction, id: string, erased: Erased & { readonly unusable: boolean }): Promise<void>;

  /**
   * Those that were recorded more than so many days ago (null: at any time), and beside which a text may name a key. By
   * contract those of no contract are among them where a key is looked for: a step of none may name it as well.
   */
  stepRecords(
    tx: Transaction,
    asked: { readonly contractId: string | null; readonly days: number | null; readonly match: Match },
  ): Promise<readonly StepRecord[]>;
  /** Those that have not ended and were given one of these keys: what they come to record may name it. */
  runningSteps(tx: Transaction, keys: ReadonlySet<string>): Promise<readonly RunningStep[]>;
  /** What would be erased beside a record, each as its id, a slash and the name. */
  besideRecord(tx: Transaction, evidenceId: string, match: Match): Promise<readonly string[]>;
  /** Erases it, with the row that says so. */
  eraseBesideRecord(
    tx: Transaction,
    erasure: Omit<NewErasure, 'replayId'> & Pick<Erased, 'attachments' | 'counts'>,
  ): Promise<void>;

  /** What stands by no replay: plans that were shown, views that were saved. */
  eraseBeside(
    tx: Transaction,
    contractId: string | null,
    match: Match,
    dryRun: boolean,
  ): Promise<ErasedCounts>;
  /** How many rows of the audit, which is never changed, name one of these keys. */
  auditNaming(tx: Transaction, keys: ReadonlySet<string>): Promise<number>;
}
