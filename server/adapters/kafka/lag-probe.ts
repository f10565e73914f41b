import { Admin } from '@platformatic/kafka';
import type { GroupStanding, LagProbe, SubjectFound, TopicAsk } from '../../application/ports/lag.ts';
import type { PartitionFound } from '../../domain/lag/index.ts';
import type { Leader } from './cluster.ts';
import { asUnavailable, code, hasCode, rootMessages, unavailableUntilMended } from './failures.ts';
import { keyOf, NextRecords, type Place } from './next-records.ts';
import { clientOptions, type KafkaSettings } from './settings.ts';

const EARLIEST = -2n;
const LATEST = -1n;
const READ_COMMITTED = 1;
/** A broker that takes longer makes a gap. It is tried again at the next sample, and not before. */
const REQUEST_MS = 3_000;

type Commits = ReadonlyMap<number, bigint>;
type Topic = {
  readonly id: string;
  readonly partitions: readonly number[];
  /** Of those that have one now. */
  readonly leaders: ReadonlyMap<number, Leader>;
};

/**
 * Where groups and states stand on a topic. For all groups together it takes one look at the topic, one at its ends,
 * and two at each coordinator; then one fetch for each offset that has moved in the same partition. It has connections
 * of its own, so that nothing else waits behind it, nor it behind anything.
 */
export function openLagProbe(settings: KafkaSettings): LagProbe & { readonly fetches: () => number } {
  const admin = new Admin({
    ...clientOptions(settings),
    connectTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    retries: 0,
  });
  const readers = new Map<string, NextRecords>();
  return {
    read: async (ask) => {
      const at = settings.brokers.join(', ');
      try {
        const records = readers.get(ask.topic) ?? new NextRecords(admin);
        readers.set(ask.topic, records);
        return await readTopic(admin, records, ask);
      } catch (error) {
        throw asUnavailable(error, `Asking ${at} for the lag on topic ${ask.topic}`, ask.topic);
      }
    },
    fetches: () => [...readers.values()].reduce((sum, each) => sum + each.requests, 0),
    close: () => admin.close(),
  };
}

async function readTopic(admin: Admin, records: NextRecords, ask: TopicAsk) {
  const topic = await lookUp(admin, ask.topic);
  const { partitions } = topic;
  const led = [...topic.leaders.keys()];
  const names = ask.groups.map(({ group }) => group);
  const [commits, standings] = await Promise.all([
    commitsOf(admin, names, ask.topic, partitions),
    standingsOf(admin, names),
  ]);
  const at = new Date();
  // After the commits, so that no offset lies beyond the end.
  const ends = await offsets(admin, ask.topic, led, LATEST);
  const needStarts =
    ask.applied.length > 0 ||
    [...commits.values()].some((each) => typeof each !== 'string' && partitions.some((p) => !each.has(p)));
  const starts = needStarts ? await offsets(admin, ask.topic, led, EARLIEST) : null;
  const begin = (partition: number) => starts?.get(partition) ?? null;

  const groups = ask.groups.map(({ group, unreadFromStart }) => {
    const found = commits.get(group) ?? 'The broker did not answer for it.';
    const from = (partition: number) => {
      if (typeof found === 'string') return null;
      const committed = found.get(partition);
      if (committed !== undefined) return committed;
      // A group without any commit may begin anywhere, and one that was deleted never will.
      const start = found.size === 0 ? null : begin(partition);
      if (start === null) return null;
      return unreadFromStart(partition) || start >= (ends.get(partition) ?? start) ? start : null;
    };
    return { name: group, found, from };
  });
  const applied = ask.applied.map(({ state, at: readAt, next }) => ({
    name: state,
    readAt,
    next,
    from: (partition: number) => next.get(partition) ?? begin(partition),
  }));
  const places = uniquePlaces([...groups, ...applied], partitions, ends);
  const next = await records.find(
    topic,
    places,
    at.getTime(),
    async () => starts ?? offsets(admin, ask.topic, led, EARLIEST),
  );

  const found = (committed: Commits, from: (partition: number) => bigint | null): readonly PartitionFound[] =>
    partitions.map((partition) => {
      const start = from(partition);
      const end = ends.get(partition);
      const known = { partition, committed: committed.get(partition) ?? null };
      // Without its end nothing can be said of a partition, such as one without a leader.
      if (end === undefined) return { ...known, from: null, end: known.committed ?? 0n, next: null };
      const record = start === null ? null : (next.get(keyOf({ partition, from: start })) ?? null);
      return { ...known, from: start, end, next: record };
    });
  return {
    groups: new Map(
      groups.map(({ name, found: committed, from }): [string, SubjectFound] => [
        name,
        typeof committed === 'string'
          ? { ok: false, problem: committed }
          : {
              ok: true,
              at,
              group: standingOf(standings, name, committed),
              partitions: found(committed, from),
            },
      ]),
    ),
    states: new Map(
      applied.map(({ name, readAt, next: committed, from }): [string, SubjectFound] => [
        name,
        { ok: true, at: readAt, group: null, partitions: found(committed, from) },
      ]),
    ),
  };
}

function uniquePlaces(
  readers: readonly { readonly from: (partition: number) => bigint | null }[],
  partitions: readonly number[],
  ends: ReadonlyMap<number, bigint>,
): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { from } of readers)
    for (const partition of partitions) {
      const start = from(partition);
      const end = ends.get(partition);
      if (start === null || end === undefined || start >= end) continue;
      places.set(keyOf({ partition, from: start }), { partition, from: start, end });
    }
  return [...places.values()];
}

async function lookUp(admin: Admin, name: string): Promise<Topic> {
  const { topics, brokers } = await admin.metadata({ topics: [name], forceUpdate: true }).catch((error) => {
    if (error instanceof Error && error.message === `Unknown topic ${name}.`)
      throw unavailableUntilMended(`Topic ${name} does not exist.`, name, error);
    throw error;
  });
  const found = topics.get(name);
  if (found === undefined) throw unavailableUntilMended(`Topic ${name} does not exist.`, name);
  const leaders = new Map<number, Leader>();
  for (const [partition, { leader }] of found.partitions.entries()) {
    const broker = brokers.get(leader);
    if (broker !== undefined) leaders.set(partition, { host: broker.host, port: broker.port });
  }
  return { id: found.id, partitions: found.partitions.map((_, partition) => partition), leaders };
}

async function offsets(
  admin: Admin,
  name: string,
  partitions: readonly number[],
  timestamp: bigint,
): Promise<ReadonlyMap<number, bigint>> {
  const listed = await admin.listOffsets({
    topics: [{ name, partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })) }],
    isolationLevel: READ_COMMITTED,
  });
  const found = listed.find((each) => each.name === name)?.partitions ?? [];
  return new Map(found.map((each) => [each.partitionIndex, each.offset]));
}

/** Of every group its commits on the topic, or a sentence that says why they can't be told. */
async function commitsOf(
  admin: Admin,
  groups: readonly string[],
  topic: string,
  partitionIndexes: readonly number[],
): Promise<ReadonlyMap<string, Commits | string>> {
  if (groups.length === 0) return new Map();
  const topics = [{ name: topic, partitionIndexes: [...partitionIndexes] }];
  try {
    const answers = await admin.listConsumerGroupOffsets({
      groups: groups.map((groupId) => ({ groupId, topics })),
    });
    return new Map(
      answers.map(({ groupId, topics: told }) => [
        groupId,
        new Map(
          (told.find(({ name }) => name === topic)?.partitions ?? [])
            .filter(({ committedOffset }) => committedOffset >= 0n)
            .map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
        ),
      ]),
    );
  } catch (error) {
    const isOfOne = hasCode(error, code.groupAuthorizationFailed) || hasCode(error, code.groupIdNotFound);
    if (!isOfOne) throw error;
    const [only] = groups;
    if (groups.length > 1 || only === undefined) {
      // One group of many is refused, and the answer is an error for all of them.
      const each = await Promise.all(
        groups.map((group) => commitsOf(admin, [group], topic, partitionIndexes)),
      );
      return new Map(each.flatMap((found) => [...found]));
    }
    if (hasCode(error, code.groupIdNotFound)) return new Map([[only, new Map()]]);
    const why = `Reprise's Kafka user needs DESCRIBE on group ${only}: ${rootMessages(error)}`;
    return new Map([[only, why]]);
  }
}

/** Members and state of every group; empty where that may not be known, which hides no lag. */
async function standingsOf(
  admin: Admin,
  groups: readonly string[],
): Promise<ReadonlyMap<string, GroupStanding>> {
  if (groups.length === 0) return new Map();
  try {
    const described = await admin.describeGroups({ groups: [...groups] });
    // A group of a newer protocol (KIP-848) is dead by that answer, whoever is in it.
    const dead = [...described.values()].some(({ state }) => isGone(state));
    const listed = dead ? await admin.listGroups({ types: [] }) : new Map<string, { state: string }>();
    return new Map(groups.map((group) => [group, standing(described.get(group), listed.get(group))]));
  } catch (error) {
    if (hasCode(error, code.groupAuthorizationFailed)) return new Map();
    throw error;
  }
}

const isGone = (state: string) => /^dead$/i.test(state);

function standing(
  described: { readonly state: string; readonly members: ReadonlyMap<string, unknown> } | undefined,
  listed: { readonly state: string } | undefined,
): GroupStanding {
  const stateOf = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  if (described !== undefined && !isGone(described.state))
    return { state: stateOf(described.state), members: described.members.size };
  if (listed === undefined || isGone(listed.state)) return { state: 'Dead', members: 0 };
  return { state: stateOf(listed.state), members: /^empty$/i.test(listed.state) ? 0 : null };
}

function standingOf(
  standings: ReadonlyMap<string, GroupStanding>,
  group: string,
  commits: Commits,
): GroupStanding | null {
  const found = standings.get(group) ?? null;
  // Commits of a group that is dead are those of one that lives and is not told of.
  return found !== null && isGone(found.state) && commits.size > 0 ? { ...found, state: 'Empty' } : found;
}
