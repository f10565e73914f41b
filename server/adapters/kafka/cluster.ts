import { Admin, type BrokerWithRack, type Connection } from '@platformatic/kafka';
import { asUnavailable, code, hasCode, rootMessages, unavailableUntilMended } from './failures.ts';
import { fetchVersion } from './fetch.ts';
import { clientOptions, type KafkaLog, type KafkaSettings } from './settings.ts';

export type Leader = { readonly host: string; readonly port: number };

export type TopicPartition = {
  readonly partition: number;
  /** null while there is none. */
  readonly leader: Leader | null;
  readonly replicas: number;
  readonly inSync: number;
};

export type Topic = { readonly id: string; readonly partitions: readonly TopicPartition[] };

/** The place that a partition is asked for: its ends, or the first record at or after an instant (ms). */
export type Place = 'log-start' | 'last-stable' | 'high-watermark' | { readonly instantMs: number };

const EARLIEST = -2n;
const LATEST = -1n;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const TOPIC_RESOURCE = 2;

/** Questions about topics, offsets and groups. Everything it throws is a RepriseError, history-unavailable. */
export type Cluster = {
  /** Asks the broker each time: a leader moves, and a topic may be another one by now. */
  topic(name: string): Promise<Topic>;
  /** Offset of every partition; -1 for an instant after the last record. */
  offsets(name: string, place: Place): Promise<ReadonlyMap<number, bigint>>;
  /** The topic's settings as the broker applies them; null where Reprise's user may not see them. */
  configs(name: string): Promise<ReadonlyMap<string, string> | null>;
  /** Committed offsets of a group on a topic; null where the group is not known to the broker. */
  committed(group: string, name: string): Promise<ReadonlyMap<number, bigint> | null>;
  /** Bytes on disk of each partition, of its largest replica; null where Reprise's user may not see them. */
  sizes(name: string): Promise<ReadonlyMap<number, bigint> | null>;
  /** A connection to one broker. Requests on it are answered one after the other. */
  connection(leader: Leader): Promise<Connection>;
  brokers(): Promise<number>;
  close(): Promise<void>;
};

export function openCluster(settings: KafkaSettings, log: KafkaLog): Cluster {
  const admin = new Admin(clientOptions(settings));
  const at = settings.brokers.join(', ');
  let isNewEnough = false;

  const ask = async <T>(doing: string, where: string, question: () => Promise<T>): Promise<T> => {
    try {
      return await question();
    } catch (error) {
      throw asUnavailable(error, `${doing} at ${at}`, where, hint(settings, error));
    }
  };

  const checkVersion = async (): Promise<void> => {
    if (isNewEnough) return;
    const apis = await admin.listApis();
    const fetch = apis.find((api) => api.name === 'Fetch');
    if (!fetch || fetch.maxVersion < fetchVersion) {
      throw unavailableUntilMended(
        `The broker at ${at} speaks Fetch up to version ${fetch?.maxVersion ?? 0}. Reprise names topics by their id, which needs version ${fetchVersion} (Kafka 3.1 or newer).`,
        at,
      );
    }
    isNewEnough = true;
  };

  const topic = (name: string): Promise<Topic> =>
    ask(`Looking up topic ${name}`, name, async () => {
      await checkVersion();
      const metadata = await admin.metadata({ topics: [name], forceUpdate: true }).catch((error: unknown) => {
        if (error instanceof Error && error.message === `Unknown topic ${name}.`) {
          throw unavailableUntilMended(`Topic ${name} does not exist at ${at}.`, name, error);
        }
        throw error;
      });
      const found = metadata.topics.get(name);
      if (!found) throw unavailableUntilMended(`Topic ${name} does not exist at ${at}.`, name);
      return {
        id: found.id,
        partitions: found.partitions.map((p, partition) => ({
          partition,
          leader: toLeader(metadata.brokers.get(p.leader)),
          replicas: p.replicas.length,
          inSync: p.isr.length,
        })),
      };
    });

  const offsets = (name: string, place: Place): Promise<ReadonlyMap<number, bigint>> =>
    ask(`Reading the offsets of topic ${name}`, name, async () => {
      const { partitions } = await topic(name);
      const timestamp =
        place === 'log-start' ? EARLIEST : typeof place === 'string' ? LATEST : BigInt(place.instantMs);
      const listed = await admin.listOffsets({
        topics: [{ name, partitions: partitions.map((p) => ({ partitionIndex: p.partition, timestamp })) }],
        isolationLevel: place === 'high-watermark' ? READ_UNCOMMITTED : READ_COMMITTED,
      });
      const found = listed.find((t) => t.name === name)?.partitions ?? [];
      return new Map(found.map((p) => [p.partitionIndex, p.offset]));
    });

  const configs = async (name: string): Promise<ReadonlyMap<string, string> | null> => {
    try {
      const described = await admin.describeConfigs({
        resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: [] }],
      });
      return new Map(described[0]?.configs.map((c) => [c.name, c.value ?? '']) ?? []);
    } catch (error) {
      if (hasCode(error, code.topicAuthorizationFailed) || hasCode(error, code.clusterAuthorizationFailed)) {
        log(
          'warn',
          { topic: name },
          'The settings of the topic are hidden: DESCRIBE_CONFIGS is not granted.',
        );
        return null;
      }
      throw asUnavailable(error, `Reading the settings of topic ${name} at ${at}`, name);
    }
  };

  const committed = (group: string, name: string): Promise<ReadonlyMap<number, bigint> | null> =>
    ask(`Reading the commits of group ${group}`, group, async () => {
      const { partitions } = await topic(name);
      const topics = [{ name, partitionIndexes: partitions.map((p) => p.partition) }];
      try {
        const groups = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] });
        const found = groups[0]?.topics.find((t) => t.name === name)?.partitions ?? [];
        return new Map(
          found.filter((p) => p.committedOffset >= 0n).map((p) => [p.partitionIndex, p.committedOffset]),
        );
      } catch (error) {
        if (hasCode(error, code.groupIdNotFound)) return null;
        throw error;
      }
    });

  const sizes = async (name: string): Promise<ReadonlyMap<number, bigint> | null> => {
    try {
      const { partitions } = await topic(name);
      const described = await admin.describeLogDirs({
        topics: [{ name, partitions: partitions.map((p) => p.partition) }],
      });
      const found = described
        .flatMap((broker) => broker.results)
        .flatMap((folder) => folder.topics)
        .filter((each) => each.name === name)
        .flatMap((each) => each.partitions)
        // One that is being moved to another folder is there twice.
        .filter((each) => !each.isFutureKey);
      const largest = new Map<number, bigint>();
      for (const { partitionIndex, partitionSize } of found) {
        const known = largest.get(partitionIndex) ?? 0n;
        largest.set(partitionIndex, partitionSize > known ? partitionSize : known);
      }
      return largest.size === 0 ? null : largest;
    } catch (error) {
      if (hasCode(error, code.clusterAuthorizationFailed)) {
        log(
          'info',
          { topic: name },
          'The size of the topic is hidden: DESCRIBE on the cluster is not granted.',
        );
        return null;
      }
      throw asUnavailable(error, `Reading the size of topic ${name} at ${at}`, name);
    }
  };

  return {
    topic,
    offsets,
    configs,
    committed,
    sizes,
    connection: (leader) => admin.connections.get({ host: leader.host, port: leader.port }),
    brokers: () =>
      ask('Looking for brokers', at, async () => {
        const metadata = await admin.metadata({ topics: [], forceUpdate: true });
        return metadata.brokers.size;
      }),
    close: () => admin.close(),
  };
}

/** A broker that expects TLS or SASL closes a connection that comes without, and says no more than that. */
function hint(settings: KafkaSettings, error: unknown): string {
  const lacks = [settings.tls === false ? 'TLS' : null, settings.sasl === null ? 'SASL' : null].filter(
    Boolean,
  );
  if (lacks.length === 0 || !rootMessages(error).includes('Connection closed')) return '';
  return ` (does it expect ${lacks.join(' or ')}, for which no setting is made?)`;
}

function toLeader(broker: BrokerWithRack | undefined): Leader | null {
  return broker ? { host: broker.host, port: broker.port } : null;
}
