import { metadataV12 } from '@platformatic/kafka';
import type { TopicState } from '../../../../domain/contract/index.ts';
import { RepriseError } from '../../../../domain/shared/errors.ts';
import type { Cluster } from '../../cluster.ts';
import { code, hasCode } from '../../failures.ts';
import { whyNotOfProjector } from '../projector-id.ts';
import type { Questions } from '../questions.ts';
import { promotionTopic } from './promotion-log.ts';
import { unfit } from './target-errors.ts';

type State = TopicState<unknown>;

/** Operations by their place in the broker's answer (org.apache.kafka.common.acl.AclOperation). */
const bitOf = { READ: 3, WRITE: 4, DESCRIBE: 8 } as const;
type Operation = keyof typeof bitOf;

/** The most that a batch may take in each of the two topics, in bytes. */
export type Limits = { readonly rows: number; readonly notes: number };

/** Throws promotion-target-unfit for the first thing that a topic lacks, or that the user who promotes may not do. */
export async function checkTopics(cluster: Cluster, state: State): Promise<Limits> {
  const notes = promotionTopic(state);
  if (notes.length > 249)
    throw unfit(
      state,
      `${notes} would be the topic of its promotions, and a name has at most 249 letters.`,
      null,
    );
  return {
    rows: await checkTopic(cluster, state, state.topic, ['WRITE', 'DESCRIBE']),
    notes: await checkTopic(cluster, state, notes, ['READ', 'WRITE', 'DESCRIBE']),
  };
}

async function checkTopic(
  cluster: Cluster,
  state: State,
  topic: string,
  wanted: readonly Operation[],
): Promise<number> {
  const operations = await operationsOn(cluster, state, topic);
  const missing = wanted.filter((each) => (operations & (1 << bitOf[each])) === 0);
  if (missing.length > 0) throw lacking(state, topic, missing);
  const configs = await cluster.configs(topic);
  if (configs === null) throw lacking(state, topic, ['DESCRIBE_CONFIGS']);
  const policy = configs.get('cleanup.policy') ?? 'delete';
  if (policy !== 'compact')
    throw unfit(
      state,
      `cleanup.policy of ${topic} is ${policy}, so that what stands in it is removed.`,
      'Set it to compact.',
    );
  return Number(configs.get('max.message.bytes') ?? 1_048_588);
}

async function operationsOn(cluster: Cluster, state: State, topic: string): Promise<number> {
  try {
    const { partitions } = await cluster.topic(topic);
    const leader = partitions.find((each) => each.leader !== null)?.leader;
    if (leader === undefined || leader === null) throw new Error(`topic ${topic} has no leader`);
    const connection = await cluster.connection(leader);
    const { topics } = await metadataV12.api.async(connection, [topic], false, true);
    return topics[0]?.topicAuthorizedOperations ?? 0;
  } catch (error) {
    if (error instanceof RepriseError && hasCode(error.cause, code.topicAuthorizationFailed))
      throw lacking(state, topic, ['DESCRIBE'], error);
    if (error instanceof RepriseError && error.lasting)
      throw unfit(state, error.message, 'docs/promotion.md says how to make it.', error);
    throw error;
  }
}

/**
 * Whether the user may take the id can only be found by taking it; that it may see it, which taking it needs, is asked.
 * So is whether it is the projector's: taking another one bars nobody.
 * @param asPromoter the user that promotes
 * @param asReader the one that may read the topic
 */
export async function checkTransactionalId(
  asPromoter: Pick<Questions, 'transaction'>,
  asReader: Questions,
  state: State,
  transactionalId: string,
): Promise<void> {
  const wrong = await whyNotOfProjector(asReader, state, transactionalId);
  if (wrong !== null) throw unfit(state, wrong.problem, wrong.remedy);
  try {
    await asPromoter.transaction(transactionalId);
  } catch (error) {
    if (hasCode(error, code.transactionalIdAuthorizationFailed))
      throw lacking(state, `the transactional id ${transactionalId}`, ['DESCRIBE'], error);
    throw error;
  }
}

function lacking(state: State, topic: string, operations: readonly string[], cause?: unknown): RepriseError {
  return unfit(
    state,
    `the Kafka user that promotes lacks ${operations.join(' and ')} on ${topic}.`,
    'docs/promotion.md lists what to grant.',
    cause,
  );
}
