import type { TopicState } from '../../../../domain/contract/index.ts';
import { promotionTopic } from './promotion-log.ts';

/** As much as a promotion of the most keys may have to note at once. */
export const noteMaxBytes = 32 << 20;

/** What a target needs, to be run by whoever owns the topic. `role` is the Kafka user that promotes. */
export function topicMigration(state: TopicState<unknown>, role: string): string {
  const acls = (operations: readonly string[], resource: string) =>
    [
      'kafka-acls --bootstrap-server "$BROKERS" --add',
      `--allow-principal ${quoted(`User:${role}`)}`,
      ...operations.map((operation) => `--operation ${operation}`),
      resource,
    ].join(' ');
  const notes = quoted(promotionTopic(state));
  return [
    `kafka-topics --bootstrap-server "$BROKERS" --create --if-not-exists --topic ${notes} --partitions 1 --config cleanup.policy=compact --config max.message.bytes=${noteMaxBytes}`,
    acls(['Read', 'Write', 'Describe', 'DescribeConfigs'], `--topic ${notes}`),
    acls(['Write', 'Describe', 'DescribeConfigs'], `--topic ${quoted(state.topic)}`),
    ...(state.transactionalId === null
      ? ['# The contract names no transactionalId: without one nothing of it can be promoted.']
      : [acls(['Write', 'Describe'], `--transactional-id ${quoted(state.transactionalId)}`)]),
  ].join('\n');
}

/** For a shell: what stands in a contract is text of somebody else. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
