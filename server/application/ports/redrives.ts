import type { LetterStatus, Outcome, RedriveStatus, WholeHeaders } from '../../domain/dead-letters/index.ts';
import type { HistoryRecord } from '../../domain/replay/index.ts';
import type { LetterPlace } from './dead-letters.ts';
import type { Transaction } from './unit-of-work.ts';

export type Redrive = {
  readonly id: string;
  readonly contractId: string;
  readonly state: string;
  /** Of the contract, as it was approved; null: it was asked for before plans named it. */
  readonly version: number | null;
  readonly topic: string;
  readonly identity: string;
  readonly target: string;
  readonly hash: string;
  readonly letters: number;
  readonly perSecond: number;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly reason: string;
  readonly attemptId: string | null;
  readonly status: RedriveStatus;
  readonly problem: string | null;
  /** How many letters its batch has, and the number of the last of them. */
  readonly batch: number;
  readonly batchEnd: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly counts: Readonly<Record<LetterStatus, number>>;
  /** Of those that are not known: how many are looked for all the same, and taken by no other redrive until then. */
  readonly awaited: number;
  /** Who has ended the wait for letters, which are `unseen` since then. */
  readonly waitEnds: readonly {
    readonly personId: string;
    readonly letters: number;
    readonly reason: string;
    readonly endedAt: string;
  }[];
  readonly decisions: readonly {
    readonly personId: string;
    readonly verdict: 'approved' | 'rejected';
    readonly reason: string;
    readonly decidedAt: string;
    /** Since when it counts no more, and why; null: it counts. */
    readonly voidedAt: string | null;
    readonly voidReason: string | null;
  }[];
};

/** One that waits for approval, and whether its letter was edited. */
export type AwaitingRedrive = Pick<
  Redrive,
  'id' | 'contractId' | 'state' | 'target' | 'hash' | 'letters' | 'requestedBy' | 'requestedAt' | 'reason'
> & { readonly isEdited: boolean };

export type ChosenLetter = {
  readonly partition: number;
  readonly offset: string;
  readonly eventId: string | null;
};

export type SentLetter = ChosenLetter & {
  readonly number: number;
  readonly sentPartition: number;
  readonly sentOffset: string;
  /**
   * Milliseconds since it was sent, and for how long its consumer was seen not to move since then. By the database's
   * clock.
   */
  readonly ageMs: number;
  readonly stillMs: number;
  /** It was given up as not known, and is looked for all the same. */
  readonly isAwaited: boolean;
  /** Where the dead letters ended once its consumer was past it; null: it was not seen to be. */
  readonly deadTo: Ends | null;
};

export type RedrivenLetter = ChosenLetter & {
  readonly number: number;
  readonly status: LetterStatus;
  /** Not known, and looked for all the same. */
  readonly isAwaited: boolean;
  readonly sentPartition: number | null;
  readonly sentOffset: string | null;
  readonly sentAt: string | null;
  readonly endedAt: string | null;
  readonly cause: string | null;
};

/** What became of a letter in a redrive. */
export type PastRedrive = {
  readonly redriveId: string;
  readonly redriveStatus: RedriveStatus;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly status: LetterStatus;
  readonly cause: string | null;
  /** Of the event that was sent in its place; null: it went out as it was. */
  readonly editedAs: string | null;
};

/** The value that goes out in the place of a letter's own, as another event. */
export type RedriveEdit = {
  readonly eventId: string;
  /** Of the letter; null: it has none, or it was erased. */
  readonly originalEventId: string | null;
  /** '' where none was named. */
  readonly ticket: string;
  /** null: it was erased. */
  readonly value: string | null;
  /** Headers that name the event's id. */
  readonly idHeaders: readonly string[];
};

/** Next offsets by partition. */
export type Ends = Readonly<Record<string, string>>;

export interface RedriveStore {
  /** Throws RepriseError redrive-conflict where another redrive holds one of these letters or events, or has reprocessed it. */
  insert(
    tx: Transaction,
    redrive: Pick<
      Redrive,
      | 'id'
      | 'contractId'
      | 'state'
      | 'topic'
      | 'identity'
      | 'target'
      | 'hash'
      | 'perSecond'
      | 'requestedBy'
      | 'reason'
      | 'attemptId'
      | 'status'
    > & { readonly frozen: string },
    letters: readonly ChosenLetter[],
  ): Promise<void>;
  /** Refused where the redrive's frozen text names another. */
  insertEdit(
    tx: Transaction,
    id: string,
    edit: Omit<RedriveEdit, 'idHeaders' | 'value'> & {
      readonly salt: string;
      readonly value: string;
      /** Ordering key, by which it is erased; null: the contract reads none. */
      readonly key: string | null;
    },
  ): Promise<void>;
  /** null: its letters go out as they are. */
  edit(tx: Transaction, id: string): Promise<RedriveEdit | null>;
  find(tx: Transaction, id: string): Promise<Redrive | null>;
  ofAttempt(tx: Transaction, attemptId: string): Promise<Redrive | null>;
  /** With its row held until the transaction ends. */
  lock(tx: Transaction, id: string): Promise<Redrive | null>;
  /** The newest first. */
  list(tx: Transaction, limit: number): Promise<readonly Redrive[]>;
  /** Those that wait for approval, the oldest first. */
  awaiting(tx: Transaction, limit: number): Promise<readonly AwaitingRedrive[]>;
  lettersOf(tx: Transaction, id: string, after: number, limit: number): Promise<readonly RedrivenLetter[]>;
  /** Of the topic of this identity: what stood at the place before it was made again is another letter. */
  ofLetter(
    tx: Transaction,
    letter: LetterPlace & { readonly identity: string },
  ): Promise<readonly PastRedrive[]>;
  /**
   * Of these, the letters whose event a redrive has reprocessed since, or of which one holds a letter. To be shown:
   * `insert` is refused for them, whoever asks meanwhile.
   */
  taken(
    tx: Transaction,
    of: Pick<Redrive, 'contractId' | 'state' | 'topic' | 'identity'>,
    letters: readonly ChosenLetter[],
  ): Promise<number>;
  decide(
    tx: Transaction,
    decision: {
      readonly id: string;
      readonly redriveId: string;
      readonly personId: string;
      readonly hash: string;
      readonly verdict: 'approved' | 'rejected';
      readonly reason: string;
    },
  ): Promise<void>;
  move(tx: Transaction, id: string, status: RedriveStatus, problem?: string | null): Promise<void>;
  /**
   * Those that are queued or run, and after them some that have ended with letters that are still looked for: those that
   * were not taken up for longest.
   */
  open(tx: Transaction): Promise<readonly string[]>;
  /** That a worker takes it up now, whatever comes of that. */
  takeUp(tx: Transaction, id: string): Promise<void>;
  begin(tx: Transaction, id: string, deadFrom: Ends): Promise<void>;
  marks(
    tx: Transaction,
    id: string,
  ): Promise<{
    readonly deadFrom: Ends;
    readonly sendingFrom: Ends;
    /** null: nobody was barred since. */
    readonly settleTo: Ends | null;
    /** How many may go out now; where none may, how long not. */
    readonly maySend: number;
    readonly mayNotSendForMs: number;
  }>;
  grow(tx: Transaction, id: string, batch: number, batchEnd: number): Promise<void>;
  problem(tx: Transaction, id: string, sentence: string | null): Promise<boolean>;
  /** What became of the letters of these numbers, `from` exclusive. */
  outcomes(
    tx: Transaction,
    id: string,
    from: number,
    to: number,
  ): Promise<{ readonly reprocessed: number; readonly others: number }>;
  /** Of the numbers up to `to`, in their order. */
  waiting(
    tx: Transaction,
    id: string,
    to: number,
    limit: number,
  ): Promise<readonly (ChosenLetter & { readonly number: number })[]>;
  sending(tx: Transaction, id: string): Promise<readonly (ChosenLetter & { readonly number: number })[]>;
  /** Those whose outcome is looked for. */
  sent(tx: Transaction, id: string): Promise<readonly SentLetter[]>;
  /** How far their consumer is now: where that is what was seen last, it has not moved since then. */
  noteSeen(tx: Transaction, id: string, seen: Readonly<Record<string, string>>): Promise<void>;
  /** That these are about to go out after these offsets of the target. */
  markSending(tx: Transaction, id: string, numbers: readonly number[], from: Ends): Promise<number>;
  /** That so many have just gone out of those that may within a second. */
  spend(tx: Transaction, id: string, letters: number): Promise<void>;
  markSent(
    tx: Transaction,
    id: string,
    landed: readonly { readonly number: number; readonly partition: number; readonly offset: string }[],
  ): Promise<void>;
  /** Of those that are being sent: that they are not sent. */
  markWaiting(tx: Transaction, id: string, numbers: readonly number[]): Promise<void>;
  /** Of those that are being sent: that they are not tried again. */
  giveUp(
    tx: Transaction,
    id: string,
    numbers: readonly number[],
    outcome: { readonly status: 'failed' | 'unknown'; readonly cause: string },
  ): Promise<void>;
  /** That nobody sends any more what is being sent, and that it stands before these offsets or nowhere. */
  markBarred(tx: Transaction, id: string, to: Ends): Promise<void>;
  /** That their consumer was past these when the dead letters ended there. */
  markConsumed(tx: Transaction, id: string, numbers: readonly number[], deadTo: Ends): Promise<void>;
  /** Of those that were given up and are looked for: that they are so no more. Answers how many. */
  endWait(
    tx: Transaction,
    redriveId: string,
    end: { readonly id: string; readonly personId: string; readonly reason: string },
  ): Promise<number>;
  markGone(tx: Transaction, id: string, numbers: readonly number[]): Promise<void>;
  /** Of those whose outcome is looked for. */
  settle(
    tx: Transaction,
    id: string,
    outcomes: readonly (Outcome & { readonly number: number })[],
  ): Promise<void>;
  /**
   * The cause of a letter of this event that was indexed at or after these places, and that no other state is known to
   * have parked; null: there is none.
   */
  parkedSince(
    tx: Transaction,
    of: Pick<Redrive, 'contractId' | 'state' | 'topic' | 'identity'>,
    eventId: string,
    from: Ends,
  ): Promise<string | null>;
}

/** An edited event that a derived state has reprocessed, and that went elsewhere than into the history. */
export type Correction = {
  /** null: what was sent is erased. */
  readonly key: string | null;
  readonly derivedState: string;
  readonly eventId: string;
  readonly redriveId: string;
  readonly target: string;
  /** When it was found reprocessed. */
  readonly at: string;
};

/** What a comparison asks of redrives, and the page of a letter. */
export interface CorrectionReads {
  /** Of these keys, these redrives or edits of this event, the oldest first. `historyTopic` null: the history is no topic. */
  besideHistory(
    tx: Transaction,
    within: { readonly contractId: string; readonly historyTopic: string | null },
    of: {
      readonly keys: readonly string[];
      readonly redriveIds?: readonly string[] | undefined;
      readonly originalEventId?: string | null | undefined;
    },
  ): Promise<readonly Correction[]>;
}

/** A record to be sent again. */
export type Resent = {
  readonly number: number;
  /** `topic/partition/offset` of the dead letter: with the redrive's id it is known again. */
  readonly origin: string;
  readonly record: HistoryRecord;
  /** What goes out of its headers, in the place of those that the record has each name of once. */
  readonly headers: WholeHeaders;
  /** Where in the target it goes. */
  readonly partition: number;
};

export type LandedLetter = { readonly origin: string; readonly partition: number; readonly offset: string };

/** What came of sending: where it stands, or why none of it can be sent as it is, as a sentence. */
export type SendAnswer =
  | { readonly kind: 'landed'; readonly letters: readonly LandedLetter[] }
  | { readonly kind: 'refused'; readonly cause: string };

/** The redrive's own transactional id, held. Whoever takes it next bars this one. */
export type TakenSender = {
  /** All of them in one transaction, or none. Once: what was refused goes out by an id that is taken anew. */
  send(letters: readonly Resent[]): Promise<SendAnswer>;
};

/** Writes dead letters to the topics that their consumers read. Everything it throws is a RepriseError. */
export interface LetterSender {
  /**
   * Takes the redrive's transactional id: whoever had it sends nothing any more, and what it had open has ended, before
   * `work` begins. So what is about to be sent is written down within `work`, and never before.
   */
  take<T>(redriveId: string, target: string, work: (taken: TakenSender) => Promise<T>): Promise<T>;
  /**
   * The redrive's records that stand in the target in these ranges. Throws where some of it can't be told: while a
   * transaction of somebody else hides it, or history-truncated where it was deleted.
   * @param onRead called before each answer that is read
   */
  find(
    redriveId: string,
    target: string,
    from: Ends,
    to: Ends,
    onRead: () => Promise<void>,
  ): Promise<readonly LandedLetter[]>;
  /** Next committed offset of a group by partition; null: the broker does not know the group. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint> | null>;
  /** Where the next record stands, whatever transactions are open. */
  ends(topic: string): Promise<Ends>;
  /** How many it has. */
  partitions(topic: string): Promise<number>;
}
