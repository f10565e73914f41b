import type { PartitionFound } from '../../domain/lag/index.ts';

export type GroupMember = {
  readonly id: string;
  readonly clientId: string;
  readonly host: string;
  /** Of the topic that was asked about; null: not told. */
  readonly partitions: readonly number[] | null;
};

export type GroupFound = {
  readonly at: Date;
  /** In the broker's word: Stable, Empty, Dead …; null: Reprise's user may not know. */
  readonly state: string | null;
  /** null: there are some, or that may not be known. */
  readonly memberCount: number | null;
  /** As far as they are told: a group of a newer protocol tells of none. */
  readonly members: readonly GroupMember[];
  readonly partitions: readonly PartitionFound[];
};

/** Consumer groups of other software. It joins none. Throws RepriseError history-unavailable naming topic or group. */
export interface ConsumerGroups {
  read(group: string, topic: string): Promise<GroupFound>;
  /** Whether anybody may commit for others: null, or why not. */
  readonly mayCommit: { readonly problem: string } | null;
  /**
   * Commits an offset of one partition as an outsider, which the broker takes only while the group has no members:
   * `has-members` where it has some, even where they joined after a look.
   */
  commit(
    group: string,
    topic: string,
    place: { readonly partition: number; readonly offset: bigint },
  ): Promise<'committed' | 'has-members'>;
}

/** What samples of lag have kept: since when the offset of a partition has stood still with records behind it. */
export interface StandingStill {
  of(
    group: string,
    topic: string,
  ): Promise<
    readonly { readonly partition: number; readonly committed: bigint | null; readonly since: Date }[]
  >;
}
