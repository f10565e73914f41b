import type { Origin, WholeHeaders } from '../../domain/dead-letters/index.ts';
import type { HistoryRecord } from '../../domain/replay/index.ts';
import type { Transaction } from './unit-of-work.ts';

/**
 * Terminology: a *letter* is a record in a topic of dead letters; its *place* is topic, partition and offset. A topic
 * that was deleted and made again has another *identity*, and its letters are others. A letter is *gone* when its topic
 * holds it no more. Letters of one *group* were parked by one cause.
 */
export type LetterPlace = { readonly topic: string; readonly partition: number; readonly offset: string };

/** The derived state whose consumer has parked a letter. */
export type LetterOwner = { readonly contractId: string; readonly state: string };

/** A topic that contracts park in, and by whose selectors it is read. */
export type WatchedTopic = {
  readonly topic: string;
  readonly contractId: string;
  readonly state: string;
  /** Others that park there too, as `contract/state`. */
  readonly others: readonly string[];
};

export type LetterCursor = {
  readonly next: bigint;
  readonly start: bigint;
  /** From here on it is still to be told anew whose letters are; null: of all that were indexed it is told. */
  readonly ownerNext: bigint | null;
};

export type TopicStanding = {
  /** null: it was not read yet. */
  readonly identity: string | null;
  readonly problem: string | null;
  /** By which states it was told whose letters are; null: that is to be told anew. */
  readonly ownedBy: string | null;
  readonly cursors: ReadonlyMap<number, LetterCursor>;
};

export type IndexedLetter = {
  readonly partition: number;
  readonly offset: string;
  readonly groupId: string;
  readonly exception: string;
  readonly shape: string;
  readonly eventId: string | null;
  readonly cause: string | null;
  readonly at: Date;
  readonly origin: Origin | null;
  readonly redriveId: string | null;
  /** Whose it is by its own headers; null: they don't say. */
  readonly parkedBy: LetterOwner | null;
};

/** What was found in a stretch of one partition, which begins where its cursor stands. */
export type LetterStretch = {
  readonly topic: string;
  readonly identity: string;
  readonly partition: number;
  /** null: the partition has no cursor yet. */
  readonly from: bigint | null;
  readonly start: bigint;
  readonly next: bigint;
  /** Offsets before it that were deleted before anybody read them. */
  readonly missed: bigint;
  readonly letters: readonly IndexedLetter[];
};

export interface LetterIndex {
  /** The topics that the contracts name now; one that is named no more is marked. */
  watch(tx: Transaction, topics: readonly WatchedTopic[]): Promise<void>;
  standing(tx: Transaction, topic: string): Promise<TopicStanding>;
  /** Begins at the beginning of a topic that is not the one that was read: what was found there is gone. */
  begin(tx: Transaction, topic: string, identity: string): Promise<void>;
  /** Throws RepriseError lease-lost where the cursor stands elsewhere. */
  keep(tx: Transaction, stretch: LetterStretch): Promise<void>;
  /** By which states it is told from now on whose letters are: of those that were indexed anew. null: not by all there are. */
  tellOwners(tx: Transaction, topic: string, ownedBy: string | null): Promise<void>;
  /** Whose letters of a stretch are; `next` null: it was the last. Answers how many are another's than they were. */
  own(
    tx: Transaction,
    stretch: Pick<LetterStretch, 'topic' | 'identity' | 'partition'> & {
      readonly from: bigint;
      readonly next: bigint | null;
      readonly letters: readonly Pick<IndexedLetter, 'offset' | 'parkedBy'>[];
    },
  ): Promise<number>;
  /** That everything before `start` was deleted from the partition. Answers how many letters are gone by that. */
  deletedBefore(
    tx: Transaction,
    topic: string,
    identity: string,
    partition: number,
    start: bigint,
  ): Promise<number>;
  /**
   * That a partition ends before `next`, up to which it was indexed: what was found from `end` on is gone, and other
   * records may come to stand there. Throws RepriseError lease-lost where the cursor stands elsewhere.
   */
  cutOff(
    tx: Transaction,
    place: Pick<LetterStretch, 'topic' | 'identity' | 'partition'> & {
      readonly next: bigint;
      readonly end: bigint;
    },
  ): Promise<void>;
  /** That it was read to its end. */
  wasRead(tx: Transaction, topic: string): Promise<void>;
  /** Why it can't be read. Answers whether that is news. */
  cannotRead(tx: Transaction, topic: string, problem: string): Promise<boolean>;
}

export type LetterTopicState = {
  readonly identity: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly start: bigint;
    /** What can be read ends here: at a transaction that is open. */
    readonly end: bigint;
    /** Where the next record stands, whatever is open. */
    readonly high: bigint;
  }[];
};

/** Topics of dead letters, read by place. Everything it throws is a RepriseError. */
export interface LetterTopics {
  describe(topic: string): Promise<LetterTopicState>;
  /**
   * The records that one answer holds from an offset on; `next` is past `from`. Throws history-recreated where the topic
   * is another than `identity`.
   */
  read(
    topic: string,
    identity: string,
    partition: number,
    from: bigint,
  ): Promise<{ readonly records: readonly HistoryRecord[]; readonly next: bigint }>;
  /** The record at this offset with every header that it has; null: there is none. Throws as `read` does. */
  readOne(
    topic: string,
    identity: string,
    partition: number,
    offset: bigint,
  ): Promise<{ readonly record: HistoryRecord; readonly headers: WholeHeaders } | null>;
  /** How many bytes a batch of the topic may have; null: the broker does not tell. */
  mostBytes(topic: string): Promise<number | null>;
  /** The value of a record that `read` gave; undefined where it can't be decoded, null where there is none. */
  decode(record: HistoryRecord): unknown;
}

export type LetterGroup = {
  readonly groupId: string;
  readonly exception: string;
  readonly shape: string;
  readonly letters: number;
  readonly gone: number;
  /** Of those that stand: a redrive has reprocessed their event since they were parked. */
  readonly reprocessed: number;
  readonly firstAt: string;
  readonly lastAt: string;
};

export type LetterTopicView = WatchedTopic & {
  readonly identity: string | null;
  readonly readAt: string | null;
  readonly recreatedAt: string | null;
  /** When a partition was last found to end before what had been indexed of it. */
  readonly cutAt: string | null;
  /** Offsets that had been indexed and were lost so. */
  readonly cut: string;
  readonly problem: string | null;
  readonly retiredAt: string | null;
  /** Offsets that were deleted before they were indexed. */
  readonly missed: string;
  readonly letters: number;
  readonly gone: number;
  readonly reprocessed: number;
  /** The largest first; at most {@link GROUPS_SHOWN}, and the one that was asked for. */
  readonly groups: readonly LetterGroup[];
  readonly moreGroups: number;
};

export const GROUPS_SHOWN = 50;

export type LetterRow = LetterPlace & {
  readonly identity: string;
  /** Who has parked it, or the first that parks in its topic, where that is not known. */
  readonly contractId: string;
  readonly state: string;
  /** false: several park there, and its headers don't say which of them it was. */
  readonly isOwnerKnown: boolean;
  readonly groupId: string;
  readonly exception: string;
  readonly shape: string;
  readonly eventId: string | null;
  readonly cause: string | null;
  readonly at: string;
  readonly origin: Origin | null;
  readonly redriveId: string | null;
  readonly gone: boolean;
  /** A redrive has reprocessed its event since it was parked. */
  readonly reprocessed: boolean;
};

/** What a redrive of a state may do with a letter of its own that stands. */
export type StandingLetter = {
  readonly partition: number;
  readonly offset: string;
  readonly eventId: string | null;
  /**
   * 'taken': a redrive has reprocessed its event since, or holds it. 'parked-again': a newer letter of its event stands.
   * 'not-known': nobody says that this state has parked it.
   */
  readonly standing: 'free' | 'taken' | 'parked-again' | 'not-known';
};

export type LetterFilter = {
  readonly topic?: string | undefined;
  readonly groupId?: string | undefined;
  readonly eventId?: string | undefined;
  /** Left out: those that are gone too. */
  readonly gone?: boolean | undefined;
};

/** Where a list of letters ended. */
export type LetterListPlace = readonly [at: string, topic: string, partition: number, offset: string];

/** A derived state that differs from history at a key, and an event that accounts for it. */
export type Missing = {
  readonly derivedState: string;
  readonly key: string;
  readonly cause: string;
  readonly certainty: string;
};

/** What pages read of dead letters. */
export interface LetterReads {
  /** `asked`: a group that is answered whatever its place is. */
  topics(tx: Transaction, asked: LetterFilter): Promise<readonly LetterTopicView[]>;
  /** The newest first. */
  list(
    tx: Transaction,
    filter: LetterFilter,
    after: LetterListPlace | null,
    limit: number,
  ): Promise<readonly LetterRow[]>;
  /** The one of the newest identity of the topic that has this place; null: none was ever indexed. */
  find(tx: Transaction, place: LetterPlace): Promise<LetterRow | null>;
  /** Those that stand in a topic of this identity and may be of this state, in the order of their places. */
  standing(
    tx: Transaction,
    of: LetterOwner & {
      readonly topic: string;
      readonly identity: string;
      readonly groupId?: string | undefined;
    },
    after: { readonly partition: number; readonly offset: string } | null,
    limit: number,
  ): Promise<readonly StandingLetter[]>;
  /** How many of a state's letters stand in a topic of this identity and were not reprocessed. */
  remaining(
    tx: Transaction,
    of: LetterOwner & {
      readonly topic: string;
      readonly identity: string;
      readonly groupId?: string | undefined;
    },
  ): Promise<number>;
  /**
   * Which of these events were parked in a topic, whether they still stand there or not, and were not reprocessed since.
   * What is known to be parked by another state does not count.
   */
  parkedOf(
    tx: Transaction,
    topic: string,
    owner: LetterOwner,
    eventIds: readonly string[],
  ): Promise<ReadonlySet<string>>;
  /** What a replay found at a key of each derived state that it has looked at. `isExplained`: by this event. */
  comparedAt(
    tx: Transaction,
    replayId: string,
    key: string,
    eventId: string | null,
  ): Promise<
    readonly {
      readonly derivedState: string;
      readonly isCompared: boolean;
      readonly isInScope: boolean;
      readonly differs: boolean;
      readonly isExplained: boolean;
    }[]
  >;
  /** Differences that a replay found at a key and that this event accounts for. */
  explainedBy(tx: Transaction, replayId: string, key: string, eventId: string): Promise<readonly Missing[]>;
}
