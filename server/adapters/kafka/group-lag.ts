import type { HistoryReader } from '../../application/ports/history.ts';
import type { Cluster } from './cluster.ts';
import type { KafkaLog } from './settings.ts';

/**
 * Committed offset and end of every partition. The end is the high watermark, as Kafka's own tools measure lag.
 * null, with a line in the log that says why, where the broker knows no commits of the group.
 */
export async function groupLag(
  cluster: Cluster,
  topic: string,
  group: string,
  log: KafkaLog,
): Promise<Awaited<ReturnType<HistoryReader['groupLag']>>> {
  const committed = await cluster.committed(group, topic);
  if (committed === null || committed.size === 0) {
    const why =
      committed === null ? 'The broker does not know the group.' : 'The group has no commits on the topic.';
    log('info', { group, topic }, `${why} Its lag is unknown, which is not the same as none.`);
    return null;
  }
  const ends = await cluster.offsets(topic, 'high-watermark');
  return [...ends]
    .map(([partition, end]) => ({ partition, committed: committed.get(partition) ?? null, end }))
    .sort((a, b) => a.partition - b.partition);
}
