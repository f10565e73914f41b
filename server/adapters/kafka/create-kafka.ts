import type { ConsumerGroups } from '../../application/ports/consumer-groups.ts';
import type { DeadLetterWriter } from '../../application/ports/dead-letter-writer.ts';
import type { LetterTopics } from '../../application/ports/dead-letters.ts';
import type { DerivedStateReader } from '../../application/ports/derived-state.ts';
import type { CheckpointKeep } from '../../application/ports/evidence-log.ts';
import type { DeadLetterReader, HistoryReader, ValueDecoder } from '../../application/ports/history.ts';
import type { PromotionTarget } from '../../application/ports/promotion-target.ts';
import type { LetterSender } from '../../application/ports/redrives.ts';
import type { TopicRecords } from '../../application/ports/topic-records.ts';
import type { EngineContract, Format, TopicState } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { checkpointTopic } from './checkpoint-topic.ts';
import { openCluster } from './cluster.ts';
import { openConsumerGroups } from './consumer-groups.ts';
import { openDeadLetterWriter } from './dead-letter-writer.ts';
import { createDeadLetterReader } from './dead-letters.ts';
import { createReader } from './history-reader.ts';
import { jsonDecoder } from './json-decoder.ts';
import { createLetterSender } from './letter-sender.ts';
import { createLetterTopics } from './letter-topics.ts';
import { readiness } from './readiness.ts';
import { registryDecoder } from './registry-on-demand.ts';
import { defaultReadTuning, type KafkaLog, type KafkaSettings, type ReadTuning } from './settings.ts';
import { openTopicRecords } from './topic-records.ts';
import { createTopicTarget } from './topic-state/promoting/topic-target.ts';
import { openQuestions } from './topic-state/questions.ts';
import { createTopicStates } from './topic-state/topic-state-reader.ts';
import { openTopicStore } from './topic-state/topic-store.ts';

export type Kafka = {
  /** Throws RepriseError: contract-invalid where the history is no topic, setting-invalid where no registry is named and one is needed. */
  openHistory(
    contract: EngineContract,
  ): Promise<{ readonly reader: HistoryReader; readonly decoder: ValueDecoder }>;
  readonly deadLetters: DeadLetterReader;
  readonly letterTopics: LetterTopics;
  /** Sends dead letters again, where the settings let it write. */
  readonly letterSender: LetterSender;
  /** Derived states that live in compacted topics. */
  readonly topicStates: DerivedStateReader<TopicState<unknown>>;
  /** Writes them, where the settings let it, as the two below do; beside that it writes checkpoints and nothing else. */
  readonly topicTarget: PromotionTarget<TopicState<unknown>>;
  readonly records: TopicRecords;
  /** Of other software: it looks at them, and commits for one that nobody is in where a runbook says so. */
  readonly groups: ConsumerGroups;
  readonly letters: DeadLetterWriter;
  /** Keeps checkpoints of the evidence log in a topic. */
  checkpointTopic(topic: string): CheckpointKeep;
  /** Never throws: an unreachable broker is an answer. */
  health(): Promise<{ readonly ok: boolean; readonly detail: string }>;
  close(): Promise<void>;
};

/**
 * Everything that Reprise asks of a Kafka cluster. It reads, and joins no group. `promoter` is who may write: what is
 * promoted, and what steps of runbooks say; null: nobody. Checkpoints are written by who reads.
 */
export function createKafka(
  settings: KafkaSettings,
  log: KafkaLog,
  {
    tuning = defaultReadTuning,
    promoter = null,
  }: { tuning?: ReadTuning; promoter?: KafkaSettings | null } = {},
): Kafka {
  const cluster = openCluster(settings, log);
  const stateCluster = openCluster(settings, log);
  const questions = openQuestions(settings);
  const store = openTopicStore(stateCluster, log);
  const read = { cluster: stateCluster, questions, store, lookForMs: 10_000 };
  const writing =
    promoter === null
      ? null
      : {
          settings: promoter,
          cluster: openCluster(promoter, log),
          questions: openQuestions(promoter),
        };
  const groups = openConsumerGroups(settings, promoter);
  const deadLetterRegistry =
    settings.registryUrl === null ? null : registryDecoder('any', settings.registryUrl);
  return {
    openHistory: async (contract) => {
      const { history } = contract;
      if (history.kind !== 'kafka') {
        throw new RepriseError(
          'contract-invalid',
          `Contract ${contract.id} has no Kafka topic as its history.`,
          {
            where: contract.id,
          },
        );
      }
      const decoder = toDecoder(history.format, settings.registryUrl);
      const parts = { cluster, openReadCluster: () => openCluster(settings, log), tuning, log };
      const reader = {
        ...createReader(history, parts),
        readiness: () => readiness(cluster, history, contract, decoder),
      };
      return { reader, decoder };
    },
    deadLetters: createDeadLetterReader(cluster, deadLetterRegistry),
    letterSender: createLetterSender(cluster, promoter),
    letterTopics: createLetterTopics(cluster, deadLetterRegistry),
    topicStates: createTopicStates(read),
    topicTarget: createTopicTarget({ read, promoter: writing, log }),
    records: openTopicRecords(cluster, log),
    groups,
    letters: openDeadLetterWriter(cluster, promoter, log),
    checkpointTopic: (topic) => checkpointTopic(settings, cluster, log, topic),
    health: async () => {
      const at = settings.brokers.join(', ');
      try {
        const brokers = await cluster.brokers();
        return { ok: true, detail: `${brokers} ${brokers === 1 ? 'broker' : 'brokers'} at ${at}` };
      } catch (error) {
        return { ok: false, detail: error instanceof Error ? error.message : String(error) };
      }
    },
    close: async () => {
      store.close();
      const clusters = [
        cluster,
        stateCluster,
        questions,
        groups,
        ...(writing === null ? [] : [writing.cluster, writing.questions]),
      ];
      await Promise.all(clusters.map((each) => each.close()));
    },
  };
}

function toDecoder(format: Format, registryUrl: string | null): ValueDecoder {
  if (format.kind === 'json') return jsonDecoder;
  if (registryUrl === null) {
    throw new RepriseError(
      'setting-invalid',
      'The contract reads records through a schema registry, and SCHEMA_REGISTRY_URL names none.',
      { where: 'SCHEMA_REGISTRY_URL' },
    );
  }
  return registryDecoder(format.schemas, registryUrl);
}
