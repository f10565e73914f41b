import {
  causeShape,
  causeText,
  messageOf,
  originOf,
  stateOf,
  textOf,
} from '../../domain/dead-letters/index.ts';
import { asText, compileSelector, type HistoryRecord } from '../../domain/replay/index.ts';
import type { Sha256 } from '../../domain/shared/digests.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type {
  IndexedLetter,
  LetterCursor,
  LetterIndex,
  LetterOwner,
  LetterTopics,
  WatchedTopic,
} from '../ports/dead-letters.ts';
import type { Leases } from '../ports/leases.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { Log } from '../ports/log.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { type ContractDeps, type ReadableTopic, readableTopics } from './watched-topics.ts';

export type IndexDeps = ContractDeps & {
  readonly unitOfWork: UnitOfWork;
  readonly letters: LetterIndex;
  /** null: no broker is configured. */
  readonly topics: LetterTopics | null;
  readonly leases: Leases;
  readonly live: LiveNotifier;
  readonly sha256: Sha256;
  readonly log: Log;
};

export const REDRIVE_ID_HEADER = 'redrive.id';

const LEASE = 'dead-letters';
const LEASE_MS = 15_000;
/** Of one partition in one turn, so that other topics have theirs between. */
const AT_ONCE = 20_000;
const LONGEST_ID = 1_000;
const LONGEST_CAUSE = 2_000;
const END_OF_TIME_MS = 253_402_300_800_000;

/** Brings the index of dead letters up to what the topics hold. One worker at a time, by a lease. */
export async function indexLetters(deps: IndexDeps, holder: string, signal: AbortSignal): Promise<void> {
  const { topics } = deps;
  if (topics === null) return;
  const isHeld = await deps.unitOfWork.run((tx) => deps.leases.hold(tx, LEASE, holder, LEASE_MS));
  if (!isHeld) return;
  let isComplete = true;
  const watched = await readableTopics(deps, (contractId, error) => {
    isComplete = false;
    deps.log.warn({ contractId, error }, 'a contract could not be loaded for its dead letters');
  });
  // What a contract names that can't be loaded now is not retired by that.
  if (isComplete) await deps.unitOfWork.run((tx) => deps.letters.watch(tx, watched));
  for (const each of watched) {
    if (signal.aborted) return;
    try {
      await new Turn(deps, topics, each, holder, signal, isComplete ? ownedBy(each) : null).run();
    } catch (error) {
      if (signal.aborted || (error instanceof RepriseError && error.code === 'lease-lost')) return;
      await tellProblem(deps, each.topic, error);
    }
  }
}

export const leaveLetters = (deps: Pick<IndexDeps, 'unitOfWork' | 'leases'>, holder: string) =>
  deps.unitOfWork.run((tx) => deps.leases.release(tx, LEASE, holder));

async function tellProblem(deps: IndexDeps, topic: string, error: unknown): Promise<void> {
  const problem = error instanceof RepriseError ? error.message : 'It failed unexpectedly: see the log.';
  const isNews = await deps.unitOfWork.run(async (tx) => {
    const news = await deps.letters.cannotRead(tx, topic, problem);
    if (news) await deps.live.notify(tx, 'dead-letters');
    return news;
  });
  if (isNews) deps.log.warn({ error, topic }, 'a topic of dead letters can not be read; it is tried again');
}

class Turn {
  private readonly deps: IndexDeps;
  private readonly topics: LetterTopics;
  private readonly watched: ReadableTopic;
  private readonly holder: string;
  private readonly signal: AbortSignal;
  /** null: not all that may park there are known now. */
  private readonly ownedBy: string | null;
  private changed = false;

  constructor(
    deps: IndexDeps,
    topics: LetterTopics,
    watched: ReadableTopic,
    holder: string,
    signal: AbortSignal,
    ownedBy: string | null,
  ) {
    this.deps = deps;
    this.topics = topics;
    this.watched = watched;
    this.holder = holder;
    this.signal = signal;
    this.ownedBy = ownedBy;
  }

  async run(): Promise<void> {
    const { deps, watched } = this;
    const { topic } = watched;
    const { identity, partitions } = await this.topics.describe(topic);
    const standing = await this.holding(async (tx) => {
      const before = await deps.letters.standing(tx, topic);
      if (before.identity !== identity) {
        await deps.letters.begin(tx, topic, identity);
        this.changed = true;
      }
      if (this.ownedBy !== null && this.ownedBy !== before.ownedBy)
        await deps.letters.tellOwners(tx, topic, this.ownedBy);
      return { ...(await deps.letters.standing(tx, topic)), problem: before.problem };
    });
    const toLetter = letterOf(this.topics, deps.sha256, watched);
    let isAtEnd = true;
    for (const { partition, start, end } of partitions) {
      let cursor = standing.cursors.get(partition) ?? null;
      if (cursor !== null && start > cursor.start)
        await this.holding(async (tx) => {
          const gone = await deps.letters.deletedBefore(tx, topic, identity, partition, start);
          if (gone > 0) this.changed = true;
        });
      if (cursor !== null && cursor.next > end) cursor = await this.cutOff(identity, partition, cursor, end);
      const ended = await this.partition(identity, { partition, start, end }, cursor?.next ?? null, toLetter);
      isAtEnd = isAtEnd && ended;
      if (this.ownedBy !== null && cursor !== null && cursor.ownerNext !== null)
        await this.own(identity, partition, start, cursor.ownerNext, cursor.next);
    }
    await this.holding(async (tx) => {
      if (isAtEnd) await deps.letters.wasRead(tx, topic);
      if (this.changed || standing.problem !== null) await deps.live.notify(tx, 'dead-letters');
    });
  }

  /**
   * Records are gone that were indexed: an unclean leader election loses them, or a broker that came back without them.
   * Others will stand at their offsets, so the index goes back to where the partition ends, before it grows beyond.
   */
  private async cutOff(
    identity: string,
    partition: number,
    cursor: LetterCursor,
    end: bigint,
  ): Promise<LetterCursor> {
    const { topic } = this.watched;
    const { next, ownerNext } = cursor;
    await this.holding((tx) => this.deps.letters.cutOff(tx, { topic, identity, partition, next, end }));
    this.changed = true;
    this.deps.log.warn(
      { topic, partition, end: String(end), indexed: String(next) },
      'a partition of dead letters ends before what was indexed of it: records are gone',
    );
    return { ...cursor, next: end, ownerNext: ownerNext !== null && ownerNext > end ? end : ownerNext };
  }

  /** Answers whether it came to the end. */
  private async partition(
    identity: string,
    { partition, start, end }: { readonly partition: number; readonly start: bigint; readonly end: bigint },
    cursor: bigint | null,
    toLetter: (record: HistoryRecord, partition: number) => IndexedLetter,
  ): Promise<boolean> {
    const { topic } = this.watched;
    let from = cursor;
    let at = cursor === null || cursor < start ? start : cursor;
    // A topic that was never read begins where it begins; what was deleted before is nothing that was missed.
    let missed = cursor === null ? 0n : at - cursor;
    let taken = 0;
    while (at < end && taken < AT_ONCE && !this.signal.aborted) {
      const { records, next } = await this.topics.read(topic, identity, partition, at);
      const letters = records
        .filter(({ offset }) => BigInt(offset) < end)
        .map((record) => toLetter(record, partition));
      const to = next < end ? next : end;
      const stretch = { topic, identity, partition, from, start, next: to, missed, letters };
      await this.holding(async (tx) => {
        await this.deps.letters.keep(tx, stretch);
        // Who is not known now may have parked what was found.
        if (this.ownedBy === null && letters.length > 0) await this.deps.letters.tellOwners(tx, topic, null);
      });
      if (letters.length > 0) this.changed = true;
      taken += letters.length;
      missed = 0n;
      from = to;
      at = to;
    }
    if (from === null || missed > 0n)
      await this.holding((tx) =>
        this.deps.letters.keep(tx, {
          topic,
          identity,
          partition,
          from,
          start,
          next: at,
          missed,
          letters: [],
        }),
      );
    return at >= end;
  }

  /**
   * Tells anew whose letters are that were indexed by another rule, or for other states: by their headers, which stand in
   * the topic alone.
   */
  private async own(
    identity: string,
    partition: number,
    start: bigint,
    ownerNext: bigint,
    end: bigint,
  ): Promise<void> {
    const { topic } = this.watched;
    let from = ownerNext;
    let taken = 0;
    // What was deleted since has no owner to be told.
    for (let at = ownerNext < start ? start : ownerNext; taken < AT_ONCE && !this.signal.aborted; ) {
      const { records, next } =
        at < end ? await this.topics.read(topic, identity, partition, at) : { records: [], next: end };
      const letters = records.map(({ offset, headers }) => ({
        offset: String(offset),
        parkedBy: ownerOf(this.watched, stateOf(headers)),
      }));
      const to = next < end ? next : null;
      const stretch = { topic, identity, partition, from, next: to, letters };
      const others = await this.holding((tx) => this.deps.letters.own(tx, stretch));
      if (others > 0) this.changed = true;
      if (to === null) return;
      taken += letters.length;
      from = to;
      at = to;
    }
  }

  private holding<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.deps.unitOfWork.run(async (tx) => {
      if (!(await this.deps.leases.hold(tx, LEASE, this.holder, LEASE_MS)))
        throw new RepriseError('lease-lost', 'Another worker indexes dead letters.');
      return work(tx);
    });
  }
}

/** By which letters of one cause are known. */
const groupIdOf = (sha256: Sha256, topic: string, text: string) => sha256(`${topic}\n${text}`).slice(0, 16);

function letterOf({ decode }: LetterTopics, sha256: Sha256, watched: ReadableTopic) {
  const readId = compileSelector(watched.letters.id);
  const readCause = watched.letters.cause === null ? null : compileSelector(watched.letters.cause);
  return (record: HistoryRecord, partition: number): IndexedLetter => {
    const value = decode(record);
    const cause = causeOf(asText(readCause?.(record, value)) ?? null, messageOf(record.headers));
    const shape = causeShape(cause);
    const { timestampMs } = record;
    return {
      partition,
      offset: String(record.offset),
      groupId: groupIdOf(sha256, watched.topic, causeText(shape)),
      ...shape,
      eventId: keepable(asText(readId(record, value)) ?? null, LONGEST_ID),
      cause: cause?.slice(0, LONGEST_CAUSE) ?? null,
      at: new Date(timestampMs > 0 && timestampMs < END_OF_TIME_MS ? timestampMs : 0),
      origin: originOf(record.headers),
      redriveId: keepable(textOf(record.headers?.[REDRIVE_ID_HEADER]), 100),
      parkedBy: ownerOf(watched, stateOf(record.headers)),
    };
  };
}

/** Another rule by which headers say whose a letter is has another number. */
const OWNER_RULE = 1;

/** By which rule, and by which states, it is told whose letters of a topic are. */
const ownedBy = (watched: WatchedTopic): string =>
  `${OWNER_RULE}: ${ownersOf(watched)
    .map(({ contractId, state }) => `${contractId}/${state}`)
    .toSorted()
    .join(', ')}`;

/** null: no state that parks there has the name that the letter says, or several have it. */
export function ownerOf(watched: WatchedTopic, state: string | null): LetterOwner | null {
  const named = ownersOf(watched).filter((each) => each.state === state);
  return named.length === 1 ? (named[0] ?? null) : null;
}

/** All that park in a topic, by whose selectors it is read first. */
const ownersOf = ({ contractId, state, others }: WatchedTopic): readonly LetterOwner[] => [
  { contractId, state },
  ...others.map((each) => {
    const at = each.lastIndexOf('/');
    return { contractId: each.slice(0, at), state: each.slice(at + 1) };
  }),
];

/** What the consumer wrote: the cause that the contract's selector finds, and the message beside it. */
function causeOf(cause: string | null, message: string | null): string | null {
  const parts = [cause, message === cause ? null : message].filter((part) => part !== null && part !== '');
  if (parts.length === 0) return null;
  // The database holds no NUL, and no half of a character.
  return parts.join(': ').replaceAll('\0', '').toWellFormed();
}

const keepable = (text: string | null, longest: number) =>
  text !== null && text.length <= longest && text.isWellFormed() && !text.includes('\0') ? text : null;
