import { setTimeout as wait } from 'node:timers/promises';
import type { TopicState } from '../../../domain/contract/index.ts';
import type { Cluster } from '../cluster.ts';
import { unavailable } from './errors.ts';
import type { Questions } from './questions.ts';
import type { TopicRows } from './topic-rows.ts';
import type { TopicStore } from './topic-store.ts';

type State = TopicState<unknown>;
type Offsets = ReadonlyMap<number, bigint>;

const pauseMs = 3;

export type TopicParts = {
  readonly cluster: Cluster;
  readonly questions: Questions;
  readonly store: TopicStore;
  /** How long a moment is looked for at which position and rows belong together. */
  readonly lookForMs: number;
};

export type TopicSnapshot = {
  readonly next: Offsets;
  readonly rows: TopicRows;
  /** Up to where the rows were read, in each partition. */
  readonly ends: ReadonlyMap<number, number>;
};

/**
 * Rows and the position that they belong to, read while the projector runs and without holding it off. A projector's
 * transaction appends rows, adds the offsets that they come from, and is then committed; each partition and the group
 * learn of that by a marker of their own, in any order. So it is looked
 *
 * 1. what the group has committed (stable: no transaction with offsets of it is under way),
 * 2. that every transaction in that has all of its markers: its coordinator has none half ended, or, where the contract
 *    names no transactional id, no transaction at all is open in any partition,
 * 3. where the committed records of each partition end, and they are read up to there,
 * 4. whether 2 still holds, and then whether they still end there, whether the group has still committed the same, and whether there are still the same
 *    partitions.
 *
 * Then the rows of a transaction are there if and only if its offsets are. Offsets that 1 saw were decided before, and
 * by 2 each partition had the marker before 3, so that its rows were read. Rows that were read have a marker, so that
 * their offsets are pending or committed by 4; pending would not be stable, and committed since 1 would be another
 * position. A transaction without offsets, as Reprise's own are, moves no position: one that was decided during the look
 * shows by 2 being asked once more before the ends are. By then it has all of its markers, and an end has moved, or it is
 * still getting them. Where one of these fails, what has been written since is read and all of it looked at again.
 *
 * 2 takes the contract at its word that one id alone writes the rows: then nothing of the next transaction stands before
 * the one before is over (KIP-98), and an open one is no obstacle, since it counts for nothing yet. An id that its
 * coordinator does not know is not taken for that, nor one under which others than the last writer of the topic write:
 * then it is looked as if none were named.
 * @param rows what to do with the rows, before they are read on for somebody else
 */
export function withSnapshot<T>(
  parts: TopicParts,
  state: State,
  use: (snapshot: TopicSnapshot) => T,
): Promise<T> {
  return parts.store.inTurn(state.topic, async () => {
    await readUp(parts, state);
    const looked = await withItsOwnId(parts, state);
    let places = await placesOf(parts, state);
    const seen = { looks: 0, pending: 0, ending: 0, open: false };
    for (const end = performance.now() + parts.lookForMs; performance.now() < end; ) {
      seen.looks += 1;
      const found = await look(parts, looked, places, seen);
      if (found.kind === 'still') return use(found.snapshot);
      if (found.kind === 'other-partitions') places = found.places;
      await wait(pauseMs);
    }
    throw neverStill(looked, parts, seen);
  });
}

/** The contract's id stands for whoever writes the rows only where it wrote the last transaction among them. */
async function withItsOwnId({ questions }: TopicParts, state: State): Promise<State> {
  const { topic, transactionalId } = state;
  if (transactionalId === null) return state;
  const named = await questions.transaction(transactionalId);
  const last = await questions.lastWriter(topic);
  return named === null || last === null || last === named.producerId
    ? state
    : { ...state, transactionalId: null };
}

/** So often the rest is read before a moment is looked for, each time of what was written during the reading before. */
const readings = 5;
const shortReadingMs = 500;

/** A topic may take longer to be read for the first time than a moment is looked for: it is read before that begins. */
async function readUp({ cluster, questions, store }: TopicParts, state: State): Promise<void> {
  for (let reading = 1; reading <= readings; reading += 1) {
    const began = performance.now();
    const own = await partitionsOf(cluster, state.topic);
    await store.readTo(state, await questions.ends(state.topic, own, 'last-stable'));
    if (performance.now() - began < shortReadingMs) return;
  }
}

/** The committed offsets alone, once no transaction moves them. */
export async function positionOf(parts: TopicParts, state: State): Promise<Offsets> {
  const { cluster, questions } = parts;
  const history = await partitionsOf(cluster, state.historyTopic);
  const seen = { looks: 0, pending: 0, ending: 0, open: false };
  for (const end = performance.now() + parts.lookForMs; performance.now() < end; ) {
    seen.looks += 1;
    const next = await questions.committed(state.consumerGroup, state.historyTopic, history);
    if (next !== 'unstable') return next;
    seen.pending += 1;
    await wait(pauseMs);
  }
  throw neverStill(state, parts, seen);
}

/** Rows as they are now, at whatever position. */
export function withRows<T>(parts: TopicParts, state: State, use: (rows: TopicRows) => T): Promise<T> {
  return parts.store.inTurn(state.topic, async () => {
    const own = await partitionsOf(parts.cluster, state.topic);
    const ends = await parts.questions.ends(state.topic, own, 'last-stable');
    return use(await parts.store.readTo(state, ends));
  });
}

type Places = { readonly own: readonly number[]; readonly history: readonly number[] };

async function placesOf({ cluster }: Pick<TopicParts, 'cluster'>, state: State): Promise<Places> {
  const [own, history] = await Promise.all([
    partitionsOf(cluster, state.topic),
    partitionsOf(cluster, state.historyTopic),
  ]);
  return { own, history };
}

async function partitionsOf(cluster: Cluster, topic: string): Promise<readonly number[]> {
  return (await cluster.topic(topic)).partitions.map(({ partition }) => partition);
}

/** What the looks found, to say afterwards why none of them served. */
type Seen = {
  looks: number;
  /** Those at which offsets of the group were in a transaction that was not over. */
  pending: number;
  /** Those at which a transaction was decided, and not yet known so everywhere. */
  ending: number;
  /** The last of them found a transaction open in the topic. */
  open: boolean;
};

type Look =
  | { readonly kind: 'still'; readonly snapshot: TopicSnapshot }
  | { readonly kind: 'moved' }
  /** One was added: what is written there at once would be missing. */
  | { readonly kind: 'other-partitions'; readonly places: Places };
const moved: Look = { kind: 'moved' };

async function look(
  { cluster, questions, store }: TopicParts,
  state: State,
  places: Places,
  seen: Seen,
): Promise<Look> {
  const { topic, historyTopic, consumerGroup, transactionalId } = state;
  const before = await questions.committed(consumerGroup, historyTopic, places.history);
  if (before === 'unstable') {
    seen.pending += 1;
    return moved;
  }
  const ofProjector = async () =>
    transactionalId === null ? null : await questions.transaction(transactionalId);
  const named = await ofProjector();
  if (named?.isSettled === false) {
    seen.ending += 1;
    return moved;
  }
  const ends = await questions.ends(topic, places.own, 'last-stable');
  // Of an id that nobody writes under nothing can be told: somebody else writes the rows, under one that is not named.
  if (named === null) {
    // The later of the two, so that where they are equal they were so at the earlier moment.
    const high = await questions.ends(topic, places.own, 'high');
    seen.open = !areSame(ends, high);
    if (seen.open) return moved;
  }
  const rows = await store.readTo(state, ends);
  // Before the ends: what has been decided since 2 then has all its markers where they are asked for.
  if ((await ofProjector())?.isSettled === false) return moved;
  const [after, endsNow, placesNow] = await Promise.all([
    questions.committed(consumerGroup, historyTopic, places.history),
    questions.ends(topic, places.own, 'last-stable'),
    placesOf({ cluster }, state),
  ]);
  if (!isSameList(places.own, placesNow.own) || !isSameList(places.history, placesNow.history))
    return { kind: 'other-partitions', places: placesNow };
  if (after === 'unstable' || !areSame(before, after) || !areSame(ends, endsNow)) return moved;
  return { kind: 'still', snapshot: { next: before, rows, ends } };
}

function isSameList(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each));
}

function areSame<T>(some: ReadonlyMap<number, T>, others: ReadonlyMap<number, T>): boolean {
  return (
    some.size === others.size && [...some].every(([partition, offset]) => others.get(partition) === offset)
  );
}

function neverStill(
  state: State,
  { lookForMs }: TopicParts,
  { looks, pending, ending, open }: Readonly<Seen>,
) {
  const seconds = lookForMs / 1000;
  if (open)
    return unavailable(
      state,
      `a transaction was open in it at each of ${looks} looks in ${seconds} s, so that rows and position could not be read together.`,
      'Name the transactionalId under which its projector writes in the contract, if it has one only: then an open transaction is no obstacle. One that its projector has left behind is ended by the broker after its transaction.timeout.ms.',
    );
  if (looks > 0 && pending === looks)
    return unavailable(
      state,
      `a transaction with offsets of group ${state.consumerGroup} was under way at each of ${looks} looks in ${seconds} s, so that there was no position.`,
      'Try again. One that its projector has left behind is ended by the broker after its transaction.timeout.ms, or when the projector is started again.',
    );
  if (looks > 0 && ending === looks)
    return unavailable(
      state,
      `a transaction of ${state.transactionalId} was decided, and not known so in every partition, at each of ${looks} looks in ${seconds} s.`,
      'Look after the brokers: one of them may lead no partition, or not answer the others. Then try again.',
    );
  return unavailable(
    state,
    `its projector ended a transaction during each of ${looks} looks in ${seconds} s, so that rows and position could not be read together.`,
    'Have it commit less often, or try again when there is less for it to do.',
  );
}
