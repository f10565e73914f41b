import type { EngineContract } from '../../domain/contract/index.ts';
import type { Sha256Hex } from '../../domain/shared/ids.ts';
import type { Transaction } from './unit-of-work.ts';

/** A file under contracts/ that can't be registered. */
export type ContractProblem = {
  readonly file: string;
  readonly field: string | null;
  readonly sentence: string;
};

/** A contract and all that its F reaches, as one module. */
export type ContractBundle = {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly digest: Sha256Hex;
};

/** Runs work that calls a contract's code, and ends it after `boundMs`. Throws RepriseError projection-stuck then. */
export type CallBounded = <T>(what: string, boundMs: number, work: () => T) => T;

/** Turns source into a bundle and a bundle into a contract that runs in a deterministic environment. */
export interface ContractLoader {
  /** Bundles every module under the contracts folder. Problems are returned, not thrown, so that one bad file hides no good one. */
  bundleAll(): Promise<{
    readonly bundles: readonly ContractBundle[];
    readonly problems: readonly ContractProblem[];
  }>;
  /** Whether the files of a bundle are what they were when it was made. */
  isCurrent(bundle: ContractBundle): Promise<boolean>;
  /**
   * Evaluates a bundle without clock, randomness, timers, IO and globals; values are checked. Throws RepriseError
   * contract-invalid naming file and field, or projection-impure where the module reaches for them at load. `stored`: as
   * it was registered once, without fields that would be refused of a file today.
   */
  load(
    bundle: { readonly bytes: Uint8Array; readonly file: string },
    how?: { readonly stored: boolean },
  ): Promise<EngineContract>;
}

export type StoredContractVersion = {
  readonly contractId: string;
  readonly version: number;
  readonly digest: string;
  readonly bundle: Uint8Array;
  readonly authors: readonly string[];
};

export interface ContractReads {
  latest(contractId: string): Promise<StoredContractVersion | null>;
  version(contractId: string, version: number): Promise<StoredContractVersion | null>;
  latestOfAll(): Promise<readonly StoredContractVersion[]>;
  /** Without those whose file is gone: what is measured and checked. */
  latestOfPresent(): Promise<readonly StoredContractVersion[]>;
}

export interface ContractStore extends ContractReads {
  /**
   * The same reads by the connection of a transaction. Whatever is read while one is open is read so: by a second
   * connection of the same pool, as many transactions as it has connections would wait for each other.
   */
  within(tx: Transaction): ContractReads;
  /**
   * Stores a version unless the latest has the same digest. Answers the version that holds it; two that register
   * at the same time follow each other.
   */
  register(
    tx: Transaction,
    version: {
      contractId: string;
      digest: string;
      bundle: Uint8Array;
      description: unknown;
      authors: readonly string[];
    },
  ): Promise<{ readonly version: number; readonly isNew: boolean }>;
  /** Answers whether the problems are others than before. */
  replaceProblems(tx: Transaction, problems: readonly ContractProblem[]): Promise<boolean>;
  /**
   * Notes which file each contract has now, and since when others have none; one whose file has a problem has it still.
   * Answers the ids of those that came or went.
   */
  keepFiles(
    tx: Transaction,
    files: readonly { readonly contractId: string; readonly file: string }[],
    problemFiles: readonly string[],
  ): Promise<{ readonly gone: readonly string[]; readonly back: readonly string[] }>;
}

/** Resolves where the text is one SELECT that an invariant may be; throws RepriseError invariant-refused elsewhere. */
export type CheckSelect = (text: string) => Promise<unknown>;
