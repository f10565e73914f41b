import type { LagRule, LagSample, LagVerdict, PartitionFound, Waiting } from '../../domain/lag/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** What a group says of itself beside its offsets. */
export type GroupStanding = {
  /** In the broker's word: Stable, Empty, Dead … */
  readonly state: string;
  /** null: some, of a protocol that does not tell how many. */
  readonly members: number | null;
};

export type SubjectFound =
  | {
      readonly ok: true;
      /** When the offsets were read. */
      readonly at: Date;
      readonly group: GroupStanding | null;
      readonly partitions: readonly PartitionFound[];
    }
  /** Why it could not be measured, as a sentence. */
  | { readonly ok: false; readonly problem: string };

export type TopicAsk = {
  readonly topic: string;
  readonly groups: readonly {
    readonly group: string;
    /** Partitions without a commit of which it is known that all of their records are unread. */
    readonly unreadFromStart: (partition: number) => boolean;
  }[];
  /** What derived states say that they have applied; a partition that is not named is applied from its start on. */
  readonly applied: readonly {
    readonly state: string;
    readonly at: Date;
    readonly next: ReadonlyMap<number, bigint>;
  }[];
};

/**
 * Asks a cluster where groups and states stand on a topic: with few requests, each bounded in time. Throws
 * RepriseError history-unavailable where the topic can't be asked for at all.
 */
export interface LagProbe {
  read(ask: TopicAsk): Promise<{
    readonly groups: ReadonlyMap<string, SubjectFound>;
    readonly states: ReadonlyMap<string, SubjectFound>;
  }>;
  close(): Promise<void>;
}

/** Rows of an event table that a state has not applied. They have one partition, 0, and count as its records. */
export interface EventTableLag {
  /** `atLeast`: that many were counted, and there are more. `nextMs` is null where rows have no time. */
  unapplied(cursor: {
    readonly transactionId: bigint;
    readonly position: bigint;
  }): Promise<{ readonly rows: number; readonly atLeast: boolean; readonly nextMs: number | null }>;
}

export type SubjectName = {
  readonly contractId: string;
  readonly kind: 'group' | 'state';
  readonly name: string;
};

/** A group or state as it was at its newest sample, and what has to be remembered until the next one. */
export type SubjectRow = SubjectName & {
  readonly id: number;
  readonly sampledAt: Date | null;
  readonly partitions: LagSample['partitions'];
  readonly waiting: readonly Waiting[];
  /** When any of its partitions was last seen to move. */
  readonly movedAt: Date | null;
  /** Since when it has been over the budget's threshold; null: it is not. */
  readonly overSince: Date | null;
  readonly verdict: LagVerdict;
  readonly verdictSince: Date | null;
};

/** A subject at its newest sample, beside the threshold that it was judged by then; null: there was no budget. */
export type Standing = Pick<SubjectRow, 'sampledAt' | 'overSince' | 'partitions'> & {
  readonly overMs: number | null;
};

/** A sample as it is kept: the row of it, and what becomes of the subject. */
export type KeptSample = {
  readonly subjectId: number;
  readonly at: Date;
  readonly partitions: LagSample['partitions'];
  readonly group: GroupStanding | null;
  readonly verdict: LagVerdict;
  readonly rule: LagRule;
  /** That decided; null: all did. */
  readonly partition: number | null;
  readonly verdictSince: Date;
  readonly waiting: readonly Waiting[];
  readonly movedAt: Date | null;
  readonly overSince: Date | null;
  readonly overMs: number | null;
  readonly stepMs: number;
};

export type Kept = { readonly sampleHours: number; readonly minuteDays: number; readonly hourDays: number };

/** An offset that was told to stand still, of what is not measured any more. */
export type LetGo = {
  readonly contractId: string;
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
};

export interface LagStore {
  /**
   * Gives up what was told of subjects that a contract no longer has, or that read another topic now, and answers it,
   * once.
   */
  letGo(
    tx: Transaction,
    contractId: string,
    names: readonly Omit<SubjectName, 'contractId'>[],
    topic: string,
  ): Promise<readonly LetGo[]>;
  /** The same of all contracts but these. Subjects stay, as they were measured last. */
  letGoOfAbsent(tx: Transaction, present: readonly string[]): Promise<readonly LetGo[]>;
  /**
   * The subjects of a contract, made where they are new; those that it no longer has are retired. Of one that reads
   * another topic than before nothing is known.
   */
  subjects(
    tx: Transaction,
    contractId: string,
    names: readonly Omit<SubjectName, 'contractId'>[],
    topic: string,
  ): Promise<readonly SubjectRow[]>;
  /** Samples since an instant, oldest first, of each of these subjects, as far as they are of the topic that it reads now. */
  since(
    tx: Transaction,
    subjectIds: readonly number[],
    since: Date,
  ): Promise<ReadonlyMap<number, readonly LagSample[]>>;
  keep(tx: Transaction, samples: readonly KeptSample[]): Promise<void>;
  /**
   * How far behind a subject is, held until the transaction ends: whoever samples it says that it has caught
   * up only after whoever asks has said what follows from it. null: it is no subject any more.
   */
  holdStanding(tx: Transaction, subject: SubjectName): Promise<Standing | null>;
  /** Why a subject could not be measured. Its newest sample stays what it was. */
  keepProblem(
    tx: Transaction,
    subjectIds: readonly number[],
    problem: { readonly at: Date; readonly sentence: string },
  ): Promise<void>;
  /** Rolls samples up into minutes and those into hours, as far as they are over, and drops what has been kept long enough. */
  rollUp(tx: Transaction, now: Date, kept: Kept): Promise<{ readonly dropped: number }>;
}
