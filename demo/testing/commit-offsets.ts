import { randomUUID } from 'node:crypto';
import { Admin } from '@platformatic/kafka';

export type OffsetsToCommit = {
  readonly groupId: string;
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
};

/** Commits for a group that nobody is in. kafkajs joins the group for it, and waits five seconds for a record. */
export async function commitOffsets(
  brokers: string,
  { groupId, topic, partitions }: OffsetsToCommit,
): Promise<void> {
  const admin = new Admin({
    clientId: `reprise-test-${randomUUID().slice(0, 8)}`,
    bootstrapBrokers: brokers.split(','),
    retries: 5,
  });
  try {
    const partitionOffsets = partitions.map(({ partition, offset }) => ({
      partition,
      offset: BigInt(offset),
    }));
    await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
  } finally {
    await admin.close();
  }
}
