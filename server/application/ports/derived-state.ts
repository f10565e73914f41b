import type { DerivedState, Erasure, Scalar } from '../../domain/contract/index.ts';
import type { ReadinessCheck } from './history.ts';

/** How far a derived state says that it has applied its history. */
export type AppliedAt =
  | { readonly kind: 'per-partition'; readonly next: ReadonlyMap<number, bigint> }
  | { readonly kind: 'transaction'; readonly transactionId: bigint; readonly position: bigint }
  | { readonly kind: 'none' };

export type LiveRow = { readonly key: string; readonly fields: Readonly<Record<string, Scalar>> };

/** One consistent view of a derived state: position and rows belong together, whatever its projector does meanwhile. */
export interface DerivedSnapshot {
  readonly appliedAt: AppliedAt;
  /** All rows in byte order of the key (COLLATE "C"), in batches. */
  rows(): AsyncIterable<readonly LiveRow[]>;
  /** Rows of these keys only. */
  rowsOf(keys: readonly string[]): Promise<readonly LiveRow[]>;
  /** Keeps a store that ends what lies unused from ending it. Not while rows are being read. */
  stayOpen(): Promise<void>;
  close(): Promise<void>;
}

/** Reads live read models, with rights that only read. Connections are named; their addresses are settings. */
export interface DerivedStateReader<State extends DerivedState<unknown> = DerivedState<unknown>> {
  /** Throws RepriseError derived-state-unavailable, naming its place: connection, table and column; topic, partition and offset. */
  openSnapshot(state: State): Promise<DerivedSnapshot>;
  /** How far it is now, without its rows: what a snapshot would say, and throw. */
  positionOf(state: State): Promise<AppliedAt>;
  /** Throws what a snapshot or its rows would throw now. It reads no row, so that its time does not grow with them. */
  tryReading(state: State): Promise<void>;
  readiness(name: string, state: State): Promise<readonly ReadinessCheck[]>;
  /** Page look-up: a few rows by key, now. */
  rowsOf(state: State, keys: readonly string[]): Promise<readonly LiveRow[]>;
}

/** Runs one SELECT that a contract brings, in the sandbox that design.md asks for. Rows are failing cases. */
export interface SqlInvariantRunner {
  /** Refuses (RepriseError invariant-refused) what is not exactly one SELECT over allowed functions. */
  run(
    connection: string,
    query: string,
  ): Promise<{ readonly failing: number; readonly failingKeys: readonly string[] }>;
}

/** Keys of subjects, for fields that are encrypted per subject. A subject without a key has been erased. */
export interface SubjectKeys {
  load(erasure: Erasure): Promise<(subject: string) => Uint8Array | null>;
  /** AES-256-GCM as in the contract's Erasure; throws where the ciphertext is not authentic. */
  decrypt(key: Uint8Array, base64: string): string;
}
