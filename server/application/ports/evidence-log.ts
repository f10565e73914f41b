import type { HashReader, StoredHash } from '../../domain/log/index.ts';
import type { AsyncSha256, SignEd25519 } from '../../domain/shared/signatures.ts';
import type { Transaction } from './unit-of-work.ts';

/** What evidence is signed with. It only signs, so that a key management service can stand behind it. */
export type Signer = {
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of its SubjectPublicKeyInfo, in hexadecimal digits. */
  readonly keyId: string;
  readonly sign: SignEd25519;
};

export type LogHead = { readonly origin: string; readonly size: number };

export type NewEntry = {
  readonly index: number;
  readonly evidenceId: string;
  readonly envelope: Uint8Array;
  readonly leafHash: Uint8Array;
};

export type StoredCheckpoint = {
  readonly size: number;
  readonly root: Uint8Array;
  /** A signed note. */
  readonly note: string;
  readonly signedAt: Date;
};

export type EvidenceKeyRow = {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly firstUsedAt: Date;
};

/** The rows of the evidence log. Every question is asked within a transaction, so that its answers belong together. */
export type EvidenceLogStore = {
  /** Holds the log's end until the transaction ends, so that appends come one after the other. Makes the log where there is none. */
  holdHead(tx: Transaction, originOfNew: string): Promise<LogHead>;
  /** null: nothing has ever been appended. */
  head(tx: Transaction): Promise<LogHead | null>;
  append(tx: Transaction, entry: NewEntry, hashes: readonly StoredHash[]): Promise<void>;
  /** The stored hashes at these places. Throws where one is not there. */
  reader(tx: Transaction): HashReader;
  /** Entries from `from` on, at most `limit`, in their order. */
  entries(tx: Transaction, from: number, limit: number): Promise<readonly NewEntry[]>;
  entryOf(tx: Transaction, evidenceId: string): Promise<NewEntry | null>;
  insertCheckpoint(tx: Transaction, checkpoint: Omit<StoredCheckpoint, 'signedAt'>): Promise<void>;
  /** The one with the most entries; null where none was signed. */
  latestCheckpoint(tx: Transaction): Promise<StoredCheckpoint | null>;
  /** The one with the fewest entries of those that have `size` or more. */
  checkpointFrom(tx: Transaction, size: number): Promise<StoredCheckpoint | null>;
  /** Notes that this key signs from now on. True where it never did before. */
  introduceKey(tx: Transaction, key: Omit<EvidenceKeyRow, 'firstUsedAt'>): Promise<boolean>;
  keys(tx: Transaction): Promise<readonly EvidenceKeyRow[]>;
};

/** What a record is sealed and put into the log with. */
export type Sealing = {
  readonly log: EvidenceLogStore;
  /** null: no key is set. Then nothing is recorded, and what would have been ends in an error that says so. */
  readonly signer: Signer | null;
  readonly sha256: AsyncSha256;
  /** What a log that is made now is called. */
  readonly originOfNew: string;
};
