/**
 * The public surface for those who write a contract: `defineContract` and the words it takes.
 *
 * A contract answers seven questions about one event flow: authoritative history (H), ordering boundary (O),
 * idempotency key (I), deterministic projection (F), replay scope (S), invariants (Q) and evidence (E, which
 * Reprise records by itself). Everything here is data or a pure function: no clock, no randomness, no IO.
 */
import type { z } from 'zod';
import {
  type Budgets,
  type BudgetsInput,
  budgetsOf,
  type Saga,
  type SagaStep,
  type SentEvents,
} from './budgets.ts';
import type { DerivedState } from './derived-states.ts';

export type { Budgets, BudgetsInput, Saga, SentEvents } from './budgets.ts';
export * from './derived-states.ts';

/** Where a value stands in a record: its key, a header, a path in its decoded value, or a column of its row. */
export type Selector =
  | { readonly from: 'key' }
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'value'; readonly path: string }
  | { readonly from: 'column'; readonly name: string }
  | { readonly from: 'constant'; readonly value: string | number };

export const fromKey = (): Selector => ({ from: 'key' });
export const fromHeader = (name: string): Selector => ({ from: 'header', name });
/** `fromValue()` is the whole decoded value; `fromValue('a.b')` a field in it. */
export const fromValue = (path = ''): Selector => ({ from: 'value', path });
export const fromColumn = (name: string): Selector => ({ from: 'column', name });
export const always = (value: string | number): Selector => ({ from: 'constant', value });

/** How a record's bytes become a value. The registry's address is the setting SCHEMA_REGISTRY_URL. */
export type Format =
  | { readonly kind: 'json' }
  | { readonly kind: 'registry'; readonly schemas: 'avro' | 'protobuf' | 'json-schema' | 'any' };
export const json = (): Format => ({ kind: 'json' });
export const registry = (schemas: 'avro' | 'protobuf' | 'json-schema' | 'any' = 'any'): Format => ({
  kind: 'registry',
  schemas,
});

export type KafkaHistory = {
  readonly kind: 'kafka';
  readonly topic: string;
  readonly format: Format;
  /** What a full replay needs to find: everything ever written, or so many days. */
  readonly retention: 'everything' | { readonly days: number };
  /** 'last-value' declares that F keeps only the last value of a key, so that compaction's holes do no harm. */
  readonly compaction: 'none' | 'last-value';
  /** A tombstone (null value) is filtered, or handed to F as an event of this type. */
  readonly tombstones: 'filter' | { readonly asEvent: string };
  /** Name of an archive that holds what retention has removed, if there is one. */
  readonly archive: string | null;
};

export function kafkaHistory(options: {
  topic: string;
  format?: Format;
  retention?: KafkaHistory['retention'];
  compaction?: KafkaHistory['compaction'];
  tombstones?: KafkaHistory['tombstones'];
  archive?: string;
}): KafkaHistory {
  return {
    // With what it has no field for: checkContract names that.
    ...options,
    kind: 'kafka',
    topic: options.topic,
    format: options.format ?? json(),
    retention: options.retention ?? 'everything',
    compaction: options.compaction ?? 'none',
    tombstones: options.tombstones ?? 'filter',
    archive: options.archive ?? null,
  };
}

/**
 * A PostgreSQL event table. `transactionId` is a column of type xid8 filled by `pg_current_xact_id()`: rows are
 * readable once their transaction is older than every running one, so that a late commit is never passed over.
 */
export type PostgresHistory = {
  readonly kind: 'postgres';
  readonly connection: string;
  readonly table: string;
  readonly position: string;
  readonly transactionId: string;
  readonly key: string;
  readonly occurredAt: string | null;
};

export function postgresHistory(options: {
  connection: string;
  table: string;
  position: string;
  transactionId: string;
  key: string;
  occurredAt?: string;
}): PostgresHistory {
  return { kind: 'postgres', ...options, occurredAt: options.occurredAt ?? null };
}

export type History = KafkaHistory | PostgresHistory;

/** How an event's envelope is found in a record. */
export type Envelope = {
  readonly id: Selector;
  readonly type: Selector;
  readonly version: Selector;
  readonly data: Selector;
  readonly occurredAt: Selector | null;
};

/** 'single' says that the history has one partition; 'none' that its keys are not placed by a known function. */
export type Partitioner = 'murmur2' | 'java-hash' | 'single' | 'none';

export type Ordering = {
  readonly key: Selector;
  readonly partitioner: Partitioner;
  /** A number that grows with every event of a key, where the events carry one. */
  readonly sequence: Selector | null;
};

/** One version of an event type: its schema, and how it becomes the next. */
export type EventVersion = {
  readonly version: number;
  readonly schema: z.ZodType;
  readonly upcast: ((data: never) => unknown) | null;
};

/** An event type with all its versions, oldest first. `Data` is what F sees: the latest version. */
export type EventType<Data> = {
  readonly versions: readonly EventVersion[];
  /** Adds the next version; `upcast` turns data of the version before into it. */
  next<S extends z.ZodType>(
    version: number,
    schema: S,
    upcast: (before: Data) => z.input<S>,
  ): EventType<z.output<S>>;
  /** Never set: carries the type of the latest data. */
  readonly latest?: Data;
};

/** Starts an event type at its first version. */
export function event<S extends z.ZodType>(version: number, schema: S): EventType<z.output<S>> {
  return extend<z.output<S>>([{ version, schema, upcast: null }]);
}

function extend<Data>(versions: readonly EventVersion[]): EventType<Data> {
  return {
    versions,
    next: (version, schema, upcast) => {
      const before = versions.map((v, i) =>
        i === versions.length - 1 ? { ...v, upcast: upcast as unknown as EventVersion['upcast'] } : v,
      );
      return extend([...before, { version, schema, upcast: null }]);
    },
  };
}

export type EventTypes = Readonly<Record<string, EventType<unknown>>>;
type DataOf<T> = T extends EventType<infer D> ? D : never;

/** What F is given: one union member for each event type, always at its latest version. */
export type EventOf<E extends Readonly<Record<string, EventType<unknown>>>> = {
  [K in keyof E & string]: {
    readonly id: string;
    readonly type: K;
    /** The ordering key that this call of F is about (an event can touch several). */
    readonly key: string;
    /** Of milliseconds ISO 8601, and a text as it is written; null where the envelope or the record names none. */
    readonly occurredAt: string | null;
    readonly data: DataOf<E[K]>;
  };
}[keyof E & string];

/** F: pure, total, and blind to everything but its arguments. */
export type Projection<State, Event> = {
  /** The ordering keys that an event touches. Left out: its own key. */
  readonly route?: (event: Event) => readonly string[];
  readonly initial: (key: string) => State;
  readonly apply: (state: State, event: Event) => State;
};

/** A reconciliation predicate; its key in `invariants` names it as a true sentence. */
export type Invariant<State> =
  | { readonly over: 'key'; readonly holds: (state: State, key: string) => boolean }
  | {
      readonly over: 'whole';
      readonly start: () => number;
      readonly add: (sum: number, state: State, key: string) => number;
      readonly holds: (sum: number) => boolean;
    }
  | {
      /** One SELECT over a live store; every row it returns is a failing case, its first column the key. */
      readonly over: 'sql';
      readonly connection: string;
      readonly query: string;
    };

/** Fields of event data that are encrypted per subject, and where the keys are. */
export type Erasure = {
  readonly subject: Selector;
  /** Paths in the event's data, each holding base64 of nonce(12) ‖ ciphertext ‖ tag(16), AES-256-GCM. */
  readonly fields: readonly string[];
  readonly keys: {
    readonly connection: string;
    readonly table: string;
    readonly subject: string;
    readonly key: string;
  };
};

export type ScopeKind = 'all' | 'partitions' | 'offsets' | 'time' | 'keys';

export type ScopeLimits = { readonly allow: readonly ScopeKind[]; readonly maxEvents: number | null };

export type Approvals = {
  /** People who must approve a replay before it runs. */
  readonly replay: number;
  /** A replay that reads at most about so many events needs none of these; null: each does. */
  readonly freeUpToEvents: number | null;
  /** People who must approve a promotion; at least 1. */
  readonly promotion: number;
};

/** Where a new event that corrects an old one is published: by the service that owns the history. */
export type Corrections = { readonly by: 'service'; readonly service: string };

/** Its address is the setting REPRISE_CORRECTIONS_<SERVICE>_URL. */
export const correctionsByService = (service: string): Corrections => ({ by: 'service', service });

export type EvidenceRules = {
  /** How old the latest trusted evidence of the whole history may be; null: it is not said. */
  readonly maxAgeHours: number | null;
};

/** The seven answers, complete. What a bundle exports by default. */
export type Contract<State, Event> = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly authors: readonly string[];
  readonly history: History;
  readonly envelope: Envelope;
  readonly ordering: Ordering;
  readonly events: EventTypes;
  /** Event types that stand in the history and that F has no use for. Counted as filtered. */
  readonly ignored: readonly string[];
  readonly projection: Projection<State, Event>;
  readonly derivedStates: Readonly<Record<string, DerivedState<State>>>;
  readonly invariants: Readonly<Record<string, Invariant<State>>>;
  readonly erasure: Erasure | null;
  readonly scope: ScopeLimits;
  readonly approvals: Approvals;
  readonly evidence: EvidenceRules;
  readonly budgets: Budgets;
  /** Where the events of a topic were sent from, so that lost ones are found; null: that is not known. */
  readonly sent: SentEvents | null;
  readonly saga: Saga | null;
  /** null: nobody publishes corrections of this history for Reprise. */
  readonly corrections: Corrections | null;
};

/** An event as the engine hands it to F: validated against the latest schema of its type, so data is of no known type here. */
export type EngineEvent = {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly occurredAt: string | null;
  readonly data: unknown;
};

/** A contract as the engine works with it: loaded from a bundle, its values checked, its types gone. */
export type EngineContract = Contract<unknown, EngineEvent>;

export type ContractInput<State, E extends Readonly<Record<string, EventType<unknown>>>> = {
  id: string;
  title: string;
  description?: string;
  /** Who wrote it: they can't approve its replays and promotions. */
  authors: readonly string[];
  history: History;
  envelope: { id: Selector; type: Selector; version?: Selector; data?: Selector; occurredAt?: Selector };
  ordering: { key: Selector; partitioner: Partitioner; sequence?: Selector };
  events: E;
  ignored?: readonly string[];
  projection: Projection<State, EventOf<E>>;
  derivedStates: Readonly<Record<string, DerivedState<NoInfer<State>>>>;
  invariants?: Readonly<Record<string, Invariant<NoInfer<State>>>>;
  erasure?: Erasure;
  scope?: { allow?: readonly ScopeKind[]; maxEvents?: number };
  approvals?: { replay?: number; freeUpToEvents?: number; promotion?: number };
  /** How many hours old the latest trusted evidence of the whole history may be: a budget that its pages show. */
  evidence?: { maxAgeHours?: number };
  /** How much may go wrong in a month. Left out: the usual four. */
  budgets?: BudgetsInput;
  /** The outbox that the events of the topic come from. */
  sent?: SentEvents;
  /** Where the events are steps of a saga: which, and what undoes them. */
  saga?: {
    title: string;
    steps: readonly {
      step: string;
      done: keyof E & string;
      compensated?: keyof E & string;
      compensationFailed?: keyof E & string;
    }[];
    completed: readonly (keyof E & string)[];
    cancelled?: readonly (keyof E & string)[];
    limitMs: number;
  };
  /** Who publishes a new event that corrects an old one, for a step of a runbook. */
  corrections?: Corrections;
};

/**
 * Declares a contract. Types are checked where it is written; values are checked when it is registered, and a
 * mistake is reported with its file and field.
 */
export function defineContract<State, E extends Readonly<Record<string, EventType<unknown>>>>(
  input: ContractInput<State, E>,
): Contract<State, EventOf<E>> {
  return {
    // With what a contract has no field for, here and below: checkContract names that, where leaving it out would hide it.
    ...input,
    id: input.id,
    title: input.title,
    description: input.description ?? '',
    authors: input.authors,
    history: input.history,
    // What was left out is named with the other mistakes, which a TypeError here would not do.
    envelope: input.envelope && {
      ...input.envelope,
      id: input.envelope.id,
      type: input.envelope.type,
      version: input.envelope.version ?? always(1),
      data: input.envelope.data ?? fromValue(),
      occurredAt: input.envelope.occurredAt ?? null,
    },
    ordering: input.ordering && { ...input.ordering, sequence: input.ordering.sequence ?? null },
    events: input.events as unknown as EventTypes,
    ignored: input.ignored ?? [],
    projection: input.projection,
    derivedStates: onHistory(input.derivedStates, input.history),
    invariants: input.invariants ?? {},
    erasure: input.erasure ?? null,
    scope: {
      ...input.scope,
      allow: input.scope?.allow ?? ['all', 'partitions', 'offsets', 'time', 'keys'],
      maxEvents: input.scope?.maxEvents ?? null,
    },
    approvals: {
      ...input.approvals,
      replay: input.approvals?.replay ?? 0,
      freeUpToEvents: input.approvals?.freeUpToEvents ?? null,
      promotion: input.approvals?.promotion ?? 1,
    },
    evidence: { ...input.evidence, maxAgeHours: input.evidence?.maxAgeHours ?? null },
    budgets: budgetsOf(input.budgets),
    sent: input.sent ?? null,
    saga: input.saga
      ? { ...input.saga, cancelled: input.saga.cancelled ?? [], steps: input.saga.steps?.map(asStep) }
      : null,
    corrections: input.corrections ?? null,
  };
}

const asStep = (said: Pick<SagaStep, 'step' | 'done'> & Partial<SagaStep>): SagaStep => ({
  ...said,
  compensated: said.compensated ?? null,
  compensationFailed: said.compensationFailed ?? null,
});

function onHistory<State>(
  states: Readonly<Record<string, DerivedState<State>>>,
  history: History,
): Readonly<Record<string, DerivedState<State>>> {
  if (history?.kind !== 'kafka' || !states) return states;
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [
      name,
      state.kind === 'kafka' ? { ...state, historyTopic: history.topic } : state,
    ]),
  );
}
