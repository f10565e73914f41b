import type { HeldAttachment, ListedRow } from '../../domain/evidence/index.ts';
import type { HashReader, NoteKey, NoteSignature } from '../../domain/log/index.ts';
import type { AsyncSha256, SignEd25519, VerifyEd25519 } from '../../domain/shared/signatures.ts';
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

/** A record that stands in the log, and what lists show it by and find it by. */
export type LoggedRecord = {
  readonly statement: Uint8Array;
  readonly digest: string;
  readonly row: ListedRow;
  /** null: no list finds it. */
  readonly indexed: ListedRow | null;
  /** What is kept beside it. */
  readonly beside: readonly HeldAttachment[];
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

/** What a witness has cosigned of the log (C2SP tlog-cosignature). */
export type StoredCosignature = NoteSignature & {
  readonly size: number;
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
  /** When, by the clock of the witness, in seconds since 1970. */
  readonly seconds: number;
};

/** What the log's audit of itself found. */
export type LogAudit = {
  readonly ranAt: Date;
  /** How many entries were recomputed. */
  readonly size: number;
  /** Checkpoints that were held against them. */
  readonly compared: number;
  /** Sentences about what does not fit; none where all does. */
  readonly findings: readonly string[];
};

/** The same, apart for the log itself and for each place that it was held against. */
export type AuditFound = Omit<LogAudit, 'ranAt' | 'findings'> & {
  readonly ofLog: readonly string[];
  readonly ofPlaces: ReadonlyMap<string, readonly string[]>;
};

export type SinkKind = 'folder' | 'webhook' | 'topic';

/** Where checkpoints go that whoever writes the database can't write: a folder on another disk, say. */
export type CheckpointKeep = {
  readonly kind: SinkKind;
  /** In words, for what is said about it, and without anything secret. */
  readonly name: string;
  /** Whether it can tell what it keeps. */
  readonly canTell: boolean;
  /** Keeps a signed note. What is kept is never replaced, and another note of as many entries is an error. */
  put(checkpoint: { readonly origin: string; readonly size: number; readonly note: string }): Promise<void>;
  /** The last few notes, with the one of the most entries among them; none where it keeps none, or can't tell. */
  latest(): Promise<readonly string[]>;
  /** Gives every note that is kept, or the latest of very many, one after the other. */
  each(take: (note: string) => Promise<void>): Promise<void>;
};

/** How the workers fare with one of these. Times by the database's clock. */
export type SinkState = {
  readonly kind: SinkKind;
  readonly name: string;
  readonly lastSuccessAt: Date | null;
  /** Of the checkpoint that it took last. */
  readonly lastSize: number | null;
  readonly lastProblemAt: Date | null;
  readonly lastProblem: string | null;
};

export type SinkStore = {
  /** Those that a worker has said something of within the last hour. */
  states(tx: Transaction): Promise<readonly SinkState[]>;
  /** All that have ever been in use: what one of them took, it should still have. */
  statesEver(tx: Transaction): Promise<readonly SinkState[]>;
  /** It has the checkpoint of this size. */
  noteSuccess(tx: Transaction, keep: Pick<CheckpointKeep, 'kind' | 'name'>, size: number): Promise<void>;
  /** It is still in use, and nothing was to be done. */
  noteSeen(tx: Transaction, keep: Pick<CheckpointKeep, 'kind' | 'name'>): Promise<void>;
  noteProblem(tx: Transaction, keep: Pick<CheckpointKeep, 'kind' | 'name'>, problem: string): Promise<void>;
};

/** The rows of the evidence log. Every question is asked within a transaction, so that its answers belong together. */
export type EvidenceLogStore = {
  /** Holds the log's end until the transaction ends, so that appends come one after the other. Makes the log where there is none. */
  holdHead(tx: Transaction, originOfNew: string): Promise<LogHead>;
  /** null: nothing has ever been appended. */
  head(tx: Transaction): Promise<LogHead | null>;
  /** As the next entry. The database computes the hashes of the subtrees that it completes. */
  append(tx: Transaction, entry: NewEntry): Promise<void>;
  /** The stored hashes at these places. Throws where one is not there. */
  reader(tx: Transaction): HashReader;
  /** Entries from `from` on, at most `limit`, in their order. */
  entries(tx: Transaction, from: number, limit: number): Promise<readonly NewEntry[]>;
  /** The stored hashes of the leaves from `from` on, at most `limit`, in their order. */
  leafHashes(tx: Transaction, from: number, limit: number): Promise<readonly Uint8Array[]>;
  /** By id; those that are there. */
  recordsOf(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, LoggedRecord>>;
  /** Of these parts beside records, each as the record's id, a slash and the name: those that an erasure says it took. */
  erasedOf(tx: Transaction, parts: readonly string[]): Promise<ReadonlySet<string>>;
  /** Places of stored hashes above the leaves that are not the hash of the two below, and how many are not there; at most `limit`. */
  wrongHashes(tx: Transaction, size: number, limit: number): Promise<readonly string[]>;
  entryOf(tx: Transaction, evidenceId: string): Promise<NewEntry | null>;
  insertCheckpoint(tx: Transaction, checkpoint: Omit<StoredCheckpoint, 'signedAt'>): Promise<void>;
  /** The one with the most entries, of those with fewer than `below`; null where there is none. */
  latestCheckpoint(tx: Transaction, below?: number | null): Promise<StoredCheckpoint | null>;
  /** Those of more than `after` entries, the smallest first. */
  checkpoints(tx: Transaction, after: number, limit: number): Promise<readonly StoredCheckpoint[]>;
  /** Records that stand beside the log and not in it, and were not generated for measuring. */
  unlogged(tx: Transaction): Promise<readonly { readonly id: string; readonly statement: Uint8Array }[]>;
  /** Ids of some of these, at most `limit`, and how many they are. */
  strays(
    tx: Transaction,
    limit: number,
  ): Promise<{ readonly ids: readonly string[]; readonly count: number }>;
  noteAudit(tx: Transaction, audit: AuditFound): Promise<void>;
  /** The newest of the log itself, with what the newest of every place found that was not retired; null: none was made yet. */
  latestAudit(tx: Transaction): Promise<LogAudit | null>;
  /** Whether the audit has that this checkpoint was refused from this witness with this code. */
  isRefused(
    tx: Transaction,
    refusal: { readonly actor: string; readonly subject: string; readonly code: string },
  ): Promise<boolean>;
  /** What stands of a place; null: nothing does. `isAudited`: an audit held the log against it within three hours. */
  foundOfPlace(
    tx: Transaction,
    place: string,
  ): Promise<{ readonly findings: readonly string[]; readonly isAudited: boolean } | null>;
  /** The newest refusal of another tree than this log's that its key has signed and a witness cosigned; null: there was none. */
  latestFork(tx: Transaction): Promise<{ readonly at: Date; readonly sentence: string } | null>;
  /**
   * The first checkpoint that was signed in the minute of the one of this size, and has as many entries or fewer: what
   * everybody is shown who looks within that minute.
   */
  firstOfMinute(tx: Transaction, size: number): Promise<StoredCheckpoint | null>;
  /** When the oldest entry was recorded that comes after the first `size`; null: there is none. */
  unsignedSince(tx: Transaction, size: number): Promise<Date | null>;
  /** The one with the fewest entries of those that have `size` or more. */
  checkpointFrom(tx: Transaction, size: number): Promise<StoredCheckpoint | null>;
  /** Adds a cosignature of a stored checkpoint; false where the witness has cosigned that one before, which then stays. */
  addCosignature(tx: Transaction, cosignature: StoredCosignature): Promise<boolean>;
  /** Of the checkpoint of this size, in the order of their names and ids. */
  cosignatures(tx: Transaction, size: number): Promise<readonly StoredCosignature[]>;
  /** The checkpoint with the fewest entries of those that have `size` or more and that all of these have cosigned. */
  cosignedFrom(
    tx: Transaction,
    size: number,
    witnesses: readonly Pick<NoteKey, 'name' | 'keyId' | 'publicKey'>[],
  ): Promise<StoredCheckpoint | null>;
  /** The cosignature over the most entries by this witness; null: it has cosigned nothing yet. */
  lastCosignature(
    tx: Transaction,
    witness: Pick<NoteKey, 'name' | 'keyId' | 'publicKey'>,
  ): Promise<StoredCosignature | null>;
  /** Notes that this key signs from now on. True where it never did before. */
  introduceKey(tx: Transaction, key: Omit<EvidenceKeyRow, 'firstUsedAt'>): Promise<boolean>;
  keys(tx: Transaction): Promise<readonly EvidenceKeyRow[]>;
  /** Ids of keys that no row of the audit introduced, in the order of their first use. */
  unintroduced(tx: Transaction): Promise<readonly string[]>;
};

/** What a record is sealed and put into the log with. */
export type Sealing = {
  readonly log: EvidenceLogStore;
  /** null: no key is set. Then nothing is recorded, and what would have been ends in an error that says so. */
  readonly signer: Signer | null;
  readonly sha256: AsyncSha256;
  readonly verifyEd25519: VerifyEd25519;
  /** What a log that is made now is called. */
  readonly originOfNew: string;
};
