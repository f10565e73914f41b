/**
 * The demo's names, in one place: databases, roles, topic, groups. A suffix keeps two demos on the same
 * servers apart (tests use it); the one that `npm start` runs has none, so its names are those in contracts/.
 */
export const projectorNames = ['inventory', 'selling', 'warehouse'] as const;
export type ProjectorName = (typeof projectorNames)[number];

/** Keeps `order_state`. */
export const orderProjector = 'order-state';

export type Layout = {
  readonly shopDatabase: string;
  readonly bankDatabase: string;
  /** Owns the demo's tables and may replicate; the services and Debezium log in with it. */
  readonly serviceRole: string;
  /** May only SELECT; Reprise logs in with it. */
  readonly readerRole: string;
  /** May correct the derived states and note that it did; Reprise promotes with it. */
  readonly promoterRole: string;
  readonly topic: string;
  readonly ordersTopic: string;
  readonly slot: string;
  readonly groupSuffix: string;
};

export function layoutOf(suffix = ''): Layout {
  if (!/^[a-z0-9_]*$/.test(suffix))
    throw new Error(`a suffix has small letters, digits and _, not "${suffix}"`);
  return {
    shopDatabase: `demo_shop${suffix}`,
    bankDatabase: `demo_bank${suffix}`,
    serviceRole: `reprise_demo${suffix}`,
    readerRole: `reprise_reader${suffix}`,
    promoterRole: `reprise_promoter${suffix}`,
    topic: `inventory${topicEnding(suffix)}`,
    ordersTopic: `orders${topicEnding(suffix)}`,
    slot: `demo_outbox${suffix}`,
    groupSuffix: suffix.replaceAll('_', '-'),
  };
}

/** What stands behind an outbox row's `aggregatetype` in the name of its topic. */
export const topicEnding = (suffix: string): string => `.events${suffix.replaceAll('_', '-')}`;

export const partitions = 6;
export const orderPartitions = 3;
export const publication = 'demo_outbox';

export const groupOf = (projector: string, suffix = ''): string => `${projector}-projector${suffix}`;
export const deadLetterTopicOf = (topic: string, projector: string): string => `${topic}.${projector}.dlq`;
/** What is sent again to one projector alone. */
export const retryTopicOf = (topic: string, projector: string): string => `${topic}.${projector}.retry`;

/** Headers of a record on the topic, as the outbox event router places them. */
export const headers = {
  id: 'id',
  type: 'eventType',
  version: 'eventVersion',
  sequence: 'sequence',
  occurredAt: 'occurredAt',
} as const;

/** Headers that a projector adds to what it parks: why, and where it was. */
export const deadLetterHeaders = {
  cause: 'dlq.cause',
  detail: 'dlq.detail',
  projector: 'dlq.projector',
  topic: 'dlq.origin.topic',
  partition: 'dlq.origin.partition',
  offset: 'dlq.origin.offset',
  parkedAt: 'dlq.parkedAt',
} as const;
