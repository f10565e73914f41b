import type { SentEvents } from '../../domain/contract/index.ts';
import type {
  AwaitedEvent,
  Closing,
  CountName,
  DeliveryFinding,
  KnownId,
  LateRows,
  OutboxEdge,
  OutboxLookedAt,
  Pass,
} from '../../domain/deliveries/index.ts';
import type { Transaction } from './unit-of-work.ts';

/** How far the deliveries of a contract's history are audited. */
export type DeliveryAudit = {
  /** What the ids of this contract are kept by. */
  readonly number: number;
  /** Of the history that the cursors are about; the empty text: none was read yet. */
  readonly historyIdentity: string;
  readonly prunedUntilMs: number;
};

export type PartitionCursor = {
  readonly partition: number;
  readonly next: bigint;
  /** Of an event table, which is read by (transaction id, position): the id. */
  readonly transaction: bigint | null;
  readonly logEnd: bigint;
  /** The log's own end, with what may not be read yet. */
  readonly high: bigint;
  /** By the outbox's clock, since sent rows are judged by it. An event table's ends are transaction ids. */
  readonly closing: Closing;
  readonly readUntil: Date | null;
  readonly events: number;
  /** Arrivals from here on are held against what was sent. */
  readonly sentFrom: bigint | null;
};

/**
 * How far an outbox is read. Rows become visible when their transaction ends, in whatever order that happens: those
 * between `settled` and `top` are looked through again for rows that no earlier snapshot showed.
 */
export type SentCursor = LateRows &
  OutboxLookedAt & {
    readonly identity: string;
    readonly pruned: boolean;
    readonly startedAt: Date;
  };

export type AuditStanding = {
  readonly audit: DeliveryAudit;
  readonly cursors: readonly PartitionCursor[];
  readonly sent: SentCursor | null;
};

/** What an audit keeps. Everything of one turn is written in one transaction. */
export interface DeliveryStore {
  load(tx: Transaction, contractId: string): Promise<AuditStanding | null>;
  /** Begins at a history, anew where the one before is gone: its ids are forgotten, and its cursors. */
  begin(
    tx: Transaction,
    contractId: string,
    start: { readonly identity: string; readonly since: Date | null; readonly at: Date },
  ): Promise<DeliveryAudit>;
  /** Moves cursors that still are where they were. false: somebody else has moved one, and nothing may be written. */
  move(
    tx: Transaction,
    contractId: string,
    moves: readonly { readonly from: PartitionCursor | null; readonly to: PartitionCursor }[],
  ): Promise<boolean>;
  known(tx: Transaction, audit: number, ids: readonly string[]): Promise<ReadonlyMap<string, KnownId>>;
  remember(
    tx: Transaction,
    audit: number,
    ids: { readonly added: readonly KnownId[]; readonly changed: readonly KnownId[] },
  ): Promise<void>;
  /** Forgets ids that were delivered last before. */
  forget(tx: Transaction, contractId: string, audit: number, beforeMs: number): Promise<void>;
  count(
    tx: Transaction,
    contractId: string,
    rows: readonly {
      readonly minute: Date;
      readonly counts: Readonly<Partial<Record<CountName, number>>>;
    }[],
  ): Promise<void>;
  keepFindings(
    tx: Transaction,
    contractId: string,
    findings: readonly DeliveryFinding[],
    at: Date,
  ): Promise<void>;
  /** Of findings of a lost event: when it arrived after all. */
  keepArrived(
    tx: Transaction,
    contractId: string,
    arrived: readonly { readonly eventId: string; readonly at: Date }[],
  ): Promise<void>;
  /** Says that a turn ended well, or why it did not. */
  keepTurn(
    tx: Transaction,
    contractId: string,
    turn: {
      readonly at: Date;
      readonly lookBackHours: number;
      readonly problem: string | null;
      readonly sentProblem: string | null;
    },
  ): Promise<void>;

  moveSent(tx: Transaction, contractId: string, audit: number, to: SentCursor): Promise<void>;
  /** The contract names no outbox any more. */
  endSent(tx: Transaction, contractId: string, audit: number): Promise<void>;
  /** Answers those that were not counted yet. */
  countPositions(tx: Transaction, audit: number, positions: readonly bigint[]): Promise<ReadonlySet<bigint>>;
  /** Forgets all that are counted: another outbox has others. */
  dropPositions(tx: Transaction, audit: number): Promise<void>;
  /** How many positions are counted in `(from, to]`. */
  countedBetween(tx: Transaction, audit: number, from: bigint, to: bigint): Promise<number>;
  awaited(tx: Transaction, audit: number, ids: readonly string[]): Promise<ReadonlyMap<string, AwaitedEvent>>;
  /** Those that are due and not told: more were sent than arrived, or fewer. The longest due first. */
  due(tx: Transaction, audit: number, at: Date, limit: number): Promise<readonly AwaitedEvent[]>;
  keepAwaited(tx: Transaction, audit: number, awaited: readonly AwaitedEvent[]): Promise<void>;
  dropAwaited(tx: Transaction, audit: number, ids: readonly string[]): Promise<void>;
  /** Forgets all that is waited for, but what was told as lost; answers how much that is. */
  dropAllAwaited(tx: Transaction, audit: number): Promise<number>;
  lost(
    tx: Transaction,
    audit: number,
    limit: number,
  ): Promise<{ readonly count: number; readonly since: Date | null; readonly eventIds: readonly string[] }>;
  /** Takes away counts and findings of long ago. */
  sweep(tx: Transaction, keepDays: number): Promise<void>;
}

/** What an outbox was like in one snapshot. */
export type OutboxSnapshot = OutboxEdge & {
  /** `schema.table:oid`: tells a table that was made again. */
  readonly identity: string;
  readonly now: Date;
  /** Every transaction below has ended, and none of `xmax` or above was seen. */
  readonly xmin: bigint;
  readonly xmax: bigint;
};

export type OutboxRow = { readonly eventId: string; readonly position: bigint; readonly at: Date };

/** Reads where events were sent from, by a role that may only read. */
export interface OutboxReader {
  /** Where to begin: what stands there by now is not judged. `above` are the rows above the settled position. */
  begin(
    sent: SentEvents,
  ): Promise<
    OutboxSnapshot & { readonly top: bigint; readonly settled: bigint; readonly above: readonly bigint[] }
  >;
  /**
   * Rows above the cursor, in the order of their position, and those below it that no earlier snapshot showed, as far
   * as the pass over these comes within the limit. `standing` are the rows between `pass.position` and `lookedTo`.
   */
  read(
    sent: SentEvents,
    cursor: SentCursor,
    limit: number,
  ): Promise<
    OutboxSnapshot & {
      readonly rows: readonly OutboxRow[];
      readonly top: bigint;
      readonly pass: Pass;
      readonly lookedTo: bigint;
      readonly standing: number;
      /** There is no more above the cursor. */
      readonly isWhole: boolean;
    }
  >;
  /** How many rows each of these events has. null: there may be no index, and the search takes longer than it may. */
  rowsOf(sent: SentEvents, eventIds: readonly string[]): Promise<ReadonlyMap<string, number> | null>;
}
