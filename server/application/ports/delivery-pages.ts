import type { CountName, DeliveryFindingKind } from '../../domain/deliveries/index.ts';
import type { Page } from '../views.ts';
import type { PageRequest } from './dashboard.ts';

export type DeliverySums = Readonly<Record<CountName, number>>;

/** Why losses are not judged up to now. A figure of records is of those that the audit has not read. */
export const unjudgedCauses = ['open-transaction', 'catching-up'] as const;

/** Sent events wait for their judgement longer than they should. */
export type Unjudged = {
  readonly cause: (typeof unjudgedCauses)[number];
  /** What was due until then is judged. */
  readonly since: string;
  readonly forMs: number;
  /** Sent, due, and neither arrived nor judged. */
  readonly waiting: number;
  /** Records that are not read, and the partitions in which they stand. */
  readonly records: string;
  readonly partitions: readonly number[];
};

/** How the deliveries of one contract stand. Times are ISO 8601, counts are exact, and positions decimal text. */
export type DeliveryView = {
  readonly contractId: string;
  readonly title: string;
  /** The topic or event table. */
  readonly history: string;
  /** The contract says that neither duplicates nor losses are looked for. */
  readonly wanted: boolean;
  /** When the last turn ended well; null: none has yet. */
  readonly auditedAt: string | null;
  /** Nobody has audited for two minutes: what stands here is as old as that. */
  readonly stale: boolean;
  /** Records from then on are audited; null: from the beginning of what the history held. */
  readonly since: string | null;
  readonly lookBackHours: number;
  readonly problem: string | null;
  readonly problemSince: string | null;
  /** Records that could be read and have not been yet. */
  readonly behind: string;
  /** The time of the newest record that was read in the partition that is the furthest behind; null: there is none. */
  readonly readUntil: string | null;
  /** Of what could be read and has not been, some may be older than five minutes. */
  readonly readsLate: boolean;
  /** null: the contract names no outbox, or none was looked at yet. */
  readonly outbox: {
    readonly table: string;
    /** Rows from then on are held against the topic. */
    readonly startedAt: string;
    readonly readAt: string;
    readonly reachesBackTo: string | null;
    readonly pruned: boolean;
    /** What was due until then is judged, by the outbox's clock; null: nothing is yet. */
    readonly judgedUntil: string | null;
    /** null: losses are judged as fast as they should. */
    readonly unjudged: Unjudged | null;
  } | null;
  readonly outboxTable: string | null;
  readonly outboxProblem: string | null;
  /** Sent, and not arrived by now. */
  readonly missed: { readonly count: number; readonly since: string | null };
  readonly hour: DeliverySums;
  readonly day: DeliverySums;
  /** This month, in the contract's time zone. */
  readonly month: DeliverySums;
};

export type DeliveryFindingRow = {
  readonly id: string;
  readonly kind: DeliveryFindingKind;
  readonly eventId: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly to: string | null;
  readonly firstPartition: number | null;
  readonly firstOffset: string | null;
  readonly position: string | null;
  readonly at: string;
  readonly arrivedAt: string | null;
  readonly detail: string;
};

/** Counts of one stretch; null where nothing was audited in it. */
export type DeliveryPoint = {
  readonly at: string;
  readonly counts: Pick<DeliverySums, 'events' | 'redelivered' | 'conflicting' | 'lost'> | null;
};

/** A difference of a read model that the last replay explains by a duplicate that it has applied. */
export type AppliedDuplicate = {
  readonly replayId: string;
  readonly endedAt: string | null;
  readonly derivedState: string;
  readonly key: string;
  readonly eventId: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
};

export const deliveryRanges = { '1h': 1, '24h': 24, '7d': 168 } as const;
export type DeliveryRange = keyof typeof deliveryRanges;

/** What the page "Duplicates and losses" reads. */
export interface DeliveryQueries {
  deliveries(): Promise<readonly DeliveryView[]>;
  deliveryPoints(contractId: string, range: DeliveryRange): Promise<readonly DeliveryPoint[]>;
  deliveryFindings(
    contractId: string,
    kind: DeliveryFindingKind | undefined,
    page: PageRequest,
  ): Promise<Page<DeliveryFindingRow>>;
  appliedDuplicates(contractId: string): Promise<readonly AppliedDuplicate[]>;
}
