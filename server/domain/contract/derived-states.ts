/** Live read models as a contract names them: what they should hold, and how they say how far they have come. */
import type { Selector } from './define.ts';

/** A value that a derived state and a projection can be compared on. */
export type Scalar = string | number | boolean | null;

type ComparedField<State> = {
  /** What the column, or the place in the record, should hold, from the replayed state. */
  readonly expected: (state: State) => Scalar;
  /** Whether its values may be seen by everybody who may read. Left out: they are hidden until somebody reveals them. */
  readonly shown?: boolean;
};
export type DerivedField<State> = ComparedField<State> & { readonly column: string };
export type TopicField<State> = ComparedField<State> & {
  /** Where it stands in the record's value: `total`, or `stock.total` for a member of a member. */
  readonly path: string;
};

/** How far a derived state has applied its history, as it says itself. */
export type AppliedPosition =
  | {
      /** A table with one row a partition: the next offset to apply. */
      readonly kind: 'per-partition';
      readonly table: string;
      readonly partition: string;
      readonly next: string;
      readonly where: Readonly<Record<string, string>>;
    }
  | {
      /** A row with the cursor (xid, position) of the last applied row of an event table. */
      readonly kind: 'transaction';
      readonly table: string;
      readonly transactionId: string;
      readonly position: string;
      readonly where: Readonly<Record<string, string>>;
    };

export type DeadLetters = {
  readonly topic: string;
  readonly id: Selector;
  /** Header that tells why it was parked. */
  readonly cause: Selector | null;
  /** The topic that they are sent to again, which the consumer reads too; null or left out by older ones: the history's. */
  readonly redriveTo?: string | null;
};

/** A table, one row a key. */
export type PostgresState<State> = {
  readonly kind: 'postgres';
  readonly title: string;
  readonly connection: string;
  readonly table: string;
  readonly key: string;
  readonly fields: Readonly<Record<string, DerivedField<State>>>;
  /** Whether a row should exist for this state at all. Left out: always. */
  readonly exists: ((state: State) => boolean) | null;
  readonly position: AppliedPosition | null;
  readonly consumerGroup: string | null;
  readonly deadLetters: DeadLetters | null;
};

/**
 * A compacted topic: a row is the last record of its key, and a tombstone is no row. Keys are text in UTF-8, values
 * JSON objects. Its applied position is what its projector's group has committed on the history's topic, which says
 * what the rows hold only where the projector commits these offsets in the transaction of the rows.
 */
export type TopicState<State> = {
  readonly kind: 'kafka';
  readonly title: string;
  readonly topic: string;
  readonly fields: Readonly<Record<string, TopicField<State>>>;
  /** Whether a row should exist for this state at all. Left out: always. */
  readonly exists: ((state: State) => boolean) | null;
  readonly consumerGroup: string;
  /** Where the group commits: the contract's history, which `defineContract` fills in. */
  readonly historyTopic: string;
  /** The one id that the projector writes under; null where it has several, and then nothing can be promoted. */
  readonly transactionalId: string | null;
  readonly deadLetters: DeadLetters | null;
};

export type DerivedState<State> = PostgresState<State> | TopicState<State>;

export function postgresState<State>(options: {
  title: string;
  connection: string;
  table: string;
  key: string;
  fields: Readonly<Record<string, DerivedField<State>>>;
  exists?: (state: State) => boolean;
  position?: AppliedPosition;
  consumerGroup?: string;
  deadLetters?: ParkedIn;
}): PostgresState<State> {
  return {
    ...options,
    kind: 'postgres',
    title: options.title,
    connection: options.connection,
    table: options.table,
    key: options.key,
    fields: options.fields,
    exists: options.exists ?? null,
    position: options.position ?? null,
    consumerGroup: options.consumerGroup ?? null,
    deadLetters: parked(options.deadLetters),
  };
}

export function topicState<State>(options: {
  title: string;
  topic: string;
  fields: Readonly<Record<string, TopicField<State>>>;
  consumerGroup: string;
  transactionalId?: string;
  exists?: (state: State) => boolean;
  deadLetters?: ParkedIn;
}): TopicState<State> {
  return {
    ...options,
    kind: 'kafka',
    title: options.title,
    topic: options.topic,
    fields: options.fields,
    exists: options.exists ?? null,
    consumerGroup: options.consumerGroup,
    historyTopic: '',
    transactionalId: options.transactionalId ?? null,
    deadLetters: parked(options.deadLetters),
  };
}

type ParkedIn = { topic: string; id: Selector; cause?: Selector; redriveTo?: string };

function parked(letters: ParkedIn | undefined): DeadLetters | null {
  return letters ? { ...letters, cause: letters.cause ?? null, redriveTo: letters.redriveTo ?? null } : null;
}

export function perPartition(options: {
  table: string;
  partition?: string;
  next?: string;
  where?: Readonly<Record<string, string>>;
}): AppliedPosition {
  return {
    ...options,
    kind: 'per-partition',
    table: options.table,
    partition: options.partition ?? 'partition',
    next: options.next ?? 'next_offset',
    where: options.where ?? {},
  };
}

export function transactionCursor(options: {
  table: string;
  transactionId?: string;
  position?: string;
  where?: Readonly<Record<string, string>>;
}): AppliedPosition {
  return {
    ...options,
    kind: 'transaction',
    table: options.table,
    transactionId: options.transactionId ?? 'transaction_id',
    position: options.position ?? 'position',
    where: options.where ?? {},
  };
}
