/** One row of an outbox: one publication. */
export type SentRow = {
  readonly id: string;
  readonly eventId: string;
  readonly position: bigint;
  readonly atMs: number;
};

/** One record of the topic, to be held against what was sent. */
export type Arrival = {
  readonly id: string;
  readonly eventId: string;
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number;
};

/** An id of which there are more publications than arrivals (`balance` above zero), or fewer. */
export type AwaitedEvent = {
  readonly id: string;
  readonly eventId: string;
  readonly balance: number;
  readonly atMs: number;
  /** By the outbox's clock: from then on what is missing is missing. */
  readonly dueMs: number;
  readonly position: bigint | null;
  readonly partition: number | null;
  readonly offset: number | null;
  /** So many of them were told as lost. */
  readonly lost: number;
  readonly lostAtMs: number | null;
};

/** A publication whose fate is known: it arrived, by the time at which it was sent. */
export type Matched = { readonly atMs: number };

/** Lost events that arrived after all; `all` where none of the id's is lost any more. */
export type TakenBack = {
  readonly awaited: AwaitedEvent;
  readonly arrival: Arrival;
  readonly count: number;
  readonly all: boolean;
};

export type MatchedSent = {
  /** To be written. */
  readonly awaited: readonly AwaitedEvent[];
  /** Ids that are even now, and were not. */
  readonly even: readonly string[];
  readonly matched: readonly Matched[];
  readonly takenBack: readonly TakenBack[];
};

/** The outbox is read before the topic, so that a row that committed meanwhile is read at the next turn. */
const ARRIVAL_GRACE_MS = 10_000;

/**
 * Counts publications against arrivals, id by id: one row is one publication, so that an id may stand there twice.
 * `known` holds those of these ids that were not even; it is not changed. What becomes due is due `graceMs` after it
 * was written or, where its transaction committed later than that, was seen.
 */
export function matchSent(
  input: { readonly sent: readonly SentRow[]; readonly arrivals: readonly Arrival[] },
  known: ReadonlyMap<string, AwaitedEvent>,
  when: { readonly seenMs: number; readonly graceMs: number },
): MatchedSent {
  const now = new Map<string, AwaitedEvent>();
  const matched: Matched[] = [];
  const takenBack: TakenBack[] = [];
  const standing = (id: string) => now.get(id) ?? known.get(id);
  for (const { id, eventId, position, atMs } of input.sent) {
    const before = standing(id);
    if (before !== undefined && before.balance < 0) matched.push({ atMs });
    now.set(id, {
      id,
      eventId,
      balance: (before?.balance ?? 0) + 1,
      atMs,
      dueMs: Math.max(atMs, when.seenMs) + when.graceMs,
      position,
      partition: null,
      offset: null,
      lost: before?.lost ?? 0,
      lostAtMs: before?.lostAtMs ?? null,
    });
  }
  for (const arrival of input.arrivals) {
    const { id, eventId, partition, offset, atMs } = arrival;
    const before = standing(id);
    if (before === undefined || before.balance <= 0) {
      now.set(id, {
        id,
        eventId,
        balance: (before?.balance ?? 0) - 1,
        atMs,
        dueMs: when.seenMs + Math.max(when.graceMs, ARRIVAL_GRACE_MS),
        position: null,
        partition,
        offset,
        lost: 0,
        lostAtMs: null,
      });
      continue;
    }
    const fresh = before.balance - before.lost;
    if (fresh > 0) matched.push({ atMs: before.atMs });
    // Where a publication arrives that nobody missed yet, the event is there, and those that were missed are made up
    // for: somebody has published it again. Else it is one of these itself, late.
    const madeUp = before.lost === 0 ? 0 : fresh > 0 ? before.lost : 1;
    const lost = before.lost - madeUp;
    if (madeUp > 0) takenBack.push({ awaited: before, arrival, count: madeUp, all: lost === 0 });
    now.set(id, {
      ...before,
      balance: before.balance - madeUp - (fresh > 0 ? 1 : 0),
      lost,
      lostAtMs: lost === 0 ? null : before.lostAtMs,
    });
  }
  const awaited: AwaitedEvent[] = [];
  const even: string[] = [];
  for (const each of now.values()) {
    if (each.balance !== 0) awaited.push(each);
    else if (known.has(each.id)) even.push(each.id);
  }
  return { awaited, even, matched, takenBack };
}
