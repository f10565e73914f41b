import {
  Admin,
  type Connection,
  describeProducersV0,
  describeTransactionsV0,
  FindCoordinatorKeyTypes,
  offsetFetchV8,
} from '@platformatic/kafka';
import type { Leader } from '../cluster.ts';
import { code, hasCode } from '../failures.ts';
import { clientOptions, type KafkaSettings } from '../settings.ts';

/** Where a producer's transaction stands, as its coordinator says. */
export type Transaction = {
  /** No transaction of it has been decided without every partition knowing. */
  readonly isSettled: boolean;
  /** Under which the records of its transactions stand. */
  readonly producerId: bigint;
};

/** Questions about a projector that writes a topic: its commits, its transactions, its members. */
export type Questions = {
  /**
   * Committed offsets of a group; 'unstable' while a transaction with offsets of it is not over everywhere (KIP-447).
   * A partition without a commit is left out.
   */
  committed(
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, bigint> | 'unstable'>;
  /** null: nobody writes under that id, or not for so long that its coordinator has forgotten it. */
  transaction(transactionalId: string): Promise<Transaction | null>;
  /**
   * Whose transaction was the last one in any of these partitions; null where the brokers remember none
   * (producer.id.expiration.ms, a day, if nobody has set it).
   */
  lastWriter(topic: string): Promise<bigint | null>;
  /** Ends of every partition: where committed records end, or (`high`) where records do. */
  ends(
    topic: string,
    partitions: readonly number[],
    place: 'last-stable' | 'high',
  ): Promise<ReadonlyMap<number, number>>;
  /** How many members a group has; null: some, of a protocol that does not tell how many. */
  members(group: string): Promise<number | null>;
  close(): Promise<void>;
};

const LATEST = -1n;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const tries = 4;
const pauseMs = 150;

export function openQuestions(settings: KafkaSettings): Questions {
  const admin = new Admin(clientOptions(settings));
  const known = new Map<string, Leader>();

  const coordinator = async (kind: 'GROUP' | 'TRANSACTION', key: string): Promise<Leader> => {
    const name = `${kind} ${key}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const [answer] = await admin.findCoordinator({ keyType: FindCoordinatorKeyTypes[kind], keys: [key] });
    if (answer === undefined) throw new Error(`nobody coordinates ${key}`);
    const leader = { host: answer.host, port: answer.port };
    known.set(name, leader);
    return leader;
  };
  /** A coordinator moves when its broker restarts: then another one is looked for. */
  const ask = async <T>(
    kind: 'GROUP' | 'TRANSACTION',
    key: string,
    question: (connection: Connection) => Promise<T>,
  ): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { host, port } = await coordinator(kind, key);
        return await question(await admin.connections.get({ host, port }));
      } catch (error) {
        if (attempt === tries || isFinal(error)) throw error;
        known.delete(`${kind} ${key}`);
        await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt));
      }
    }
  };

  return {
    committed: async (group, topic, partitions) => {
      try {
        const topics = [{ name: topic, partitionIndexes: [...partitions] }];
        const { groups } = await ask('GROUP', group, (connection) =>
          offsetFetchV8.api.async(connection, [{ groupId: group, memberEpoch: -1, topics }], true),
        );
        const found = groups[0]?.topics.find(({ name }) => name === topic)?.partitions;
        // Nothing said is not nothing committed, which is -1 for each partition.
        if (found === undefined)
          throw new Error(`the coordinator of group ${group} said nothing of its commits on ${topic}`);
        return new Map(
          found
            .filter(({ committedOffset }) => committedOffset >= 0n)
            .map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
        );
      } catch (error) {
        if (hasCode(error, code.unstableOffsetCommit)) return 'unstable';
        throw error;
      }
    },
    transaction: async (transactionalId) => {
      try {
        const { transactionStates } = await ask('TRANSACTION', transactionalId, (connection) =>
          describeTransactionsV0.api.async(connection, [transactionalId]),
        );
        const [answer] = transactionStates;
        if (answer === undefined) throw new Error(`the coordinator of ${transactionalId} said nothing of it`);
        const { transactionState, producerId } = answer;
        return { isSettled: !transactionState.startsWith('Prepare'), producerId };
      } catch (error) {
        if (hasCode(error, code.transactionalIdNotFound)) return null;
        throw error;
      }
    },
    lastWriter: async (topic) => {
      const { brokers, topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      const byLeader = Map.groupBy(
        (topics.get(topic)?.partitions ?? []).map(({ leader }, partition) => ({ leader, partition })),
        ({ leader }) => brokers.get(leader),
      );
      const answers = await Promise.all(
        [...byLeader].map(async ([leader, led]) => {
          if (leader === undefined) return [];
          const connection = await admin.connections.get({ host: leader.host, port: leader.port });
          const partitionIndexes = led.map(({ partition }) => partition);
          const described = await describeProducersV0.api.async(connection, [
            { name: topic, partitionIndexes },
          ]);
          return described.topics.flatMap(({ partitions }) => partitions);
        }),
      );
      // Only transactions have a coordinator; those of a producer without them say nothing of an id.
      const [last] = answers
        .flat()
        .flatMap(({ activeProducers }) => activeProducers)
        .filter(({ coordinatorEpoch, currentTxnStartOffset: open }) => coordinatorEpoch >= 0 || open >= 0n)
        .toSorted((a, b) => Number(b.lastTimestamp - a.lastTimestamp));
      return last?.producerId ?? null;
    },
    ends: async (topic, partitions, place) => {
      const listed = await admin.listOffsets({
        topics: [
          {
            name: topic,
            partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp: LATEST })),
          },
        ],
        isolationLevel: place === 'high' ? READ_UNCOMMITTED : READ_COMMITTED,
      });
      const found = listed.find(({ name }) => name === topic)?.partitions ?? [];
      return new Map(found.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
    },
    members: async (group) => {
      const described = (await admin.describeGroups({ groups: [group] })).get(group);
      if (described !== undefined && described.members.size > 0) return described.members.size;
      // A group of a newer protocol (KIP-848, KIP-1071) is dead by that answer, whoever is in it.
      // No types are all types here; left out, the client asks for classic groups alone.
      const listed = (await admin.listGroups({ types: [] })).get(group);
      return listed === undefined || /^(empty|dead)$/i.test(listed.state) ? 0 : null;
    },
    close: () => admin.close(),
  };
}

/** What no other coordinator answers otherwise. */
function isFinal(error: unknown): boolean {
  return [
    code.unstableOffsetCommit,
    code.transactionalIdNotFound,
    code.groupAuthorizationFailed,
    code.topicAuthorizationFailed,
    code.transactionalIdAuthorizationFailed,
  ].some((each) => hasCode(error, each));
}
